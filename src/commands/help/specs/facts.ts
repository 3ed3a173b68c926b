import type { CommandSpec } from "../spec.js";
import { SUMMARIES } from "../summaries.js";
import { JSON_FLAG, ROOT, START_PAGE, WRONG_USE } from "./shared-options.js";

export const FACTS = {
  name: "facts",
  summary: SUMMARIES.facts,
  usage: ["[--root DIR] [--json]"],
  options: { root: ROOT, json: JSON_FLAG },
  examples: [
    { command: "facts", what: "this machine" },
    { command: "facts --root packdrift-snapshot.tgz", what: "the machine of a snapshot" },
    { command: "facts --json > facts/line-3.json", what: "for preflight" },
  ],
  exits: { 0: "shown", 3: WRONG_USE },
  page: START_PAGE,
} as const satisfies CommandSpec;
