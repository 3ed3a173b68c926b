import type { CommandSpec } from "../spec.js";
import { SUMMARIES } from "../summaries.js";
import { FORMAT, JSON_FLAG, START_PAGE, WRONG_USE } from "./shared-options.js";

export const PREFLIGHT = {
  name: "preflight",
  summary: SUMMARIES.preflight,
  usage: ["--job FILE… --facts FILE_OR_ROOT… [OPTION]…"],
  options: {
    job: {
      value: "FILE",
      multiple: true,
      spread: true,
      required: true,
      completes: "file",
      what: "saved answers of DescribeModelPackagingJob, folders of them, or - for standard input",
    },
    facts: {
      value: "FILE_OR_ROOT",
      multiple: true,
      spread: true,
      required: true,
      completes: "file",
      what: 'machines: saved "facts --json", snapshots, root folders, or folders of these',
    },
    format: FORMAT,
    json: JSON_FLAG,
    full: { what: "with --json: write every finding, not only what is wrong" },
  },
  conflicts: [["json", "format"]],
  examples: [
    { command: "preflight --job jobs/*.json --facts facts/*.json", what: "a matrix of jobs and machines" },
    { command: "preflight --job new.json --facts facts/* --format sarif", what: "for a pull request" },
  ],
  exits: {
    0: "all will run",
    1: "some will not run",
    2: "unknown for some",
    3: `${WRONG_USE} (what could be read is shown)`,
  },
  page: START_PAGE,
} as const satisfies CommandSpec;
