#!/bin/sh
# Starts the page. Tokens come in TOKENS, the database in PGHOST, PGPORT, PGDATABASE, PGUSER and PGPASSWORD.
set -eu
umask 077
tokens=${TMPDIR:-/tmp}/tokens
printf '%s\n' "$TOKENS" >"$tokens"
unset TOKENS
exec packdrift fleet --store postgres:/// --listen "0.0.0.0:${PORT:-8400}" --tokens "$tokens" \
  --heartbeat-hours "$HEARTBEAT_HOURS" --json
