#!/bin/sh
# Starts the page. Tokens come in TOKENS, the database in PGHOST, PGPORT, PGDATABASE, PGUSER and PGPASSWORD.
set -eu
umask 077
printf '%s\n' "$TOKENS" >/tmp/tokens
unset TOKENS
exec packdrift fleet --store "postgres:///?sslmode=verify-full" --listen 0.0.0.0:8400 --tokens /tmp/tokens \
  --heartbeat-hours "$HEARTBEAT_HOURS" --json
