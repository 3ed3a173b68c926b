import { TOPIC_PREFIXES } from "../../../fleet/ingest/fleet-topics.js";
import type { CommandSpec } from "../spec.js";
import { SUMMARIES } from "../summaries.js";
import { JSON_FLAG, TLS_CERT, TLS_KEY, WRONG_USE } from "./shared-options.js";

const DAYS = { value: "N", range: [1, 36_500] } as const;

export const FLEET_MOVE = {
  name: "fleet move",
  summary: "move what a fleet has stored to another store",
  usage: ["--from STORE --to STORE [--json]"],
  options: {
    from: { value: "STORE", required: true, completes: "file", what: "the store: an SQLite file, or postgres://…" },
    to: { value: "STORE", required: true, completes: "file", what: "an empty store, or the one to resume" },
    json: JSON_FLAG,
  },
  examples: [
    { command: "fleet move --from fleet.db --to postgres://db.factory/fleet", what: "from a file to PostgreSQL" },
    { command: "fleet move --from postgres://db.factory/fleet --to fleet.db", what: "and back" },
  ],
  exits: { 0: "moved, and compared: the same in both", 3: "wrong use, or a store that cannot be moved" },
  page: "docs/fleet-store.md",
} as const satisfies CommandSpec;

export const FLEET = {
  name: "fleet",
  summary: SUMMARIES.fleet,
  actions: [FLEET_MOVE],
  usage: ["--broker URL [--cert FILE --key FILE --ca FILE] [OPTION]…"],
  options: {
    broker: { value: "URL", what: "the broker that devices publish to; without it nothing is received" },
    cert: { value: "FILE", completes: "file", needs: ["broker", "key"], what: "the certificate to connect with (PEM)" },
    key: { value: "FILE", completes: "file", needs: ["broker", "cert"], what: "its private key" },
    ca: { value: "FILE", completes: "file", needs: ["broker"], what: "the certificate of the broker's authority" },
    "client-id": { value: "ID", what: "the client's id; from this host's name if left out" },
    group: { value: "NAME", what: "share the messages with other receivers of this name" },
    "topic-prefix": { value: "PREFIX", default: TOPIC_PREFIXES.data, what: "the topics that devices publish below" },
    "command-prefix": { value: "PREFIX", default: TOPIC_PREFIXES.commands, what: "the topics of requests to devices" },
    store: { value: "STORE", default: "fleet.db", completes: "file", what: "an SQLite file, or postgres://…" },
    listen: { value: "ADDRESS", default: "127.0.0.1:8400", what: "where the page is served: HOST:PORT" },
    "host-name": { value: "NAME", multiple: true, what: "a host name that browsers use" },
    "tls-cert": TLS_CERT,
    "tls-key": TLS_KEY,
    tokens: { value: "FILE", completes: "file", what: "tokens of those who may read or send requests" },
    "trust-header": { value: "NAME", needs: ["trust-from"], what: "take the user's name from a proxy's header" },
    "trust-from": { value: "CIDR", multiple: true, needs: ["trust-header"], what: "the proxy's addresses" },
    things: { value: "FILE", completes: "file", what: "the things that should report, one a line" },
    keys: { value: "DIR", completes: "folder", what: "the devices' public keys, to check signatures" },
    jobs: { value: "DIR", completes: "folder", what: "packaging jobs, or an archive, to compare devices with" },
    alarms: { value: "FILE", completes: "file", what: "which alarms are raised, and who receives them" },
    "heartbeat-hours": { value: "N", range: [1, 8_760], default: 24, what: "how often the devices send heartbeats" },
    "keep-days": { ...DAYS, default: 400, what: "how long reports are stored" },
    "keep-heartbeat-days": { ...DAYS, default: 30, what: "how long heartbeats are stored" },
    "requests-per-second": {
      value: "N",
      range: [1, 10_000],
      default: 50,
      what: "the most requests to devices per second",
    },
    json: { what: "write events as lines of JSON" },
  },
  examples: [
    { command: "fleet --broker mqtt://127.0.0.1", what: "a broker on this machine" },
    {
      command: "fleet --broker mqtts://broker.factory --cert c.pem --key c.key --ca ca.pem",
      what: "another broker",
    },
  ],
  exits: { 0: "stopped by a signal", 1: "its store has ended: restart it", 3: WRONG_USE },
  page: "docs/fleet.md",
} as const satisfies CommandSpec;
