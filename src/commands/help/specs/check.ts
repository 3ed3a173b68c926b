import type { CommandSpec } from "../spec.js";
import { SUMMARIES } from "../summaries.js";
import { FORMAT, JOB_NAME, JSON_FLAG, PROJECT, ROOT, START_PAGE, WRONG_USE } from "./shared-options.js";

export const CHECK = {
  name: "check",
  summary: SUMMARIES.check,
  usage: [
    "FILE… [OPTION]…",
    "--project PROJECT --job-name NAME [--endpoint URL] [OPTION]…",
    "--component NAME [OPTION]…",
  ],
  arguments: {
    name: "FILE…",
    completes: "file",
    what: "saved answers of DescribeModelPackagingJob, folders of them, or - for standard input",
  },
  options: {
    job: { value: "FILE", multiple: true, spread: true, completes: "file", what: "the same as FILE" },
    project: { ...PROJECT, needs: ["job-name"] },
    "job-name": { ...JOB_NAME, needs: ["project"] },
    endpoint: { value: "URL", needs: ["project"], what: "ask this archive, or any service with the same API" },
    region: { value: "REGION", needs: ["project"], what: "the AWS Region to ask" },
    component: { value: "NAME", multiple: true, what: "check by this packaged model's own files, without a job" },
    root: ROOT,
    deployed: { value: "NAME=VERSION", multiple: true, what: "the component version that is deployed" },
    format: FORMAT,
    json: JSON_FLAG,
  },
  conflicts: [
    ["FILE", "project"],
    ["job", "project"],
    ["FILE", "component"],
    ["job", "component"],
    ["project", "component"],
    ["json", "format"],
  ],
  examples: [
    { command: "check job.json", what: "this machine and a saved job" },
    { command: "check jobs/", what: "every saved job in a folder" },
    { command: "check --component com.example.Caps", what: "a deployed model whose job nobody saved" },
    { command: "check job.json --root snapshot.tgz --json", what: "another machine, from its snapshot" },
  ],
  exits: {
    0: "in sync",
    1: "drifted",
    2: "could not tell",
    3: `${WRONG_USE} (what could be read is shown)`,
  },
  page: START_PAGE,
} as const satisfies CommandSpec;
