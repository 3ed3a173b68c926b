import type { CommandSpec } from "../spec.js";
import { SUMMARIES } from "../summaries.js";
import { ROOT, WRONG_USE } from "./shared-options.js";

export const SNAPSHOT = {
  name: "snapshot",
  summary: SUMMARIES.snapshot,
  usage: ["[-o FILE] [--root DIR] [--json]"],
  options: {
    out: {
      value: "FILE",
      short: "o",
      default: "packdrift-snapshot.tgz",
      completes: "file",
      what: "where to write it",
    },
    root: ROOT,
    json: { what: "write the list of its contents as JSON" },
  },
  examples: [
    { command: "snapshot -o line-3.tgz", what: "without names of people, hosts and networks" },
    { command: "facts --root line-3.tgz", what: "reads it on another machine" },
  ],
  exits: { 0: "written", 3: `${WRONG_USE}; cannot be written` },
  page: "docs/troubleshooting.md",
} as const satisfies CommandSpec;
