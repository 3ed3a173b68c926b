import type { CommandSpec } from "../spec.js";
import { SUMMARIES } from "../summaries.js";
import { JSON_FLAG, WRONG_USE } from "./shared-options.js";

export const VERIFY = {
  name: "verify",
  summary: SUMMARIES.verify,
  usage: ["FILE… [--key FILE] [--json]"],
  arguments: {
    name: "FILE…",
    required: true,
    completes: "file",
    what: "saved reports, one a line or in a list, or segments of an outbox",
  },
  options: {
    key: { value: "FILE", completes: "file", what: "the device's public key (PEM), to check the signatures" },
    json: JSON_FLAG,
  },
  examples: [
    { command: "verify reports.ndjson", what: "the chain of seals, and gaps in it" },
    { command: "verify reports.ndjson --key line-3.pem", what: "and the signatures" },
  ],
  exits: {
    0: "unchanged",
    1: "something was changed",
    2: "there is no report, or not all could be checked",
    3: WRONG_USE,
  },
  page: "docs/reference/reports-and-topics.md",
} as const satisfies CommandSpec;
