import { LOG_LEVELS } from "../../archive/serve-events.js";
import type { CommandSpec, GroupSpec } from "../spec.js";
import { SUMMARIES } from "../summaries.js";
import { ARCHIVE_DIR, JOB_NAME, JSON_FLAG, PROJECT, TLS_CERT, TLS_KEY, WRONG_USE } from "./shared-options.js";

const PAGE = "docs/archive.md";

export const ARCHIVE_SERVE = {
  name: "archive serve",
  summary: "answer DescribeModelPackagingJob over HTTP",
  usage: ["--dir DIR [--host HOST] [--port N] [OPTION]…"],
  options: {
    dir: ARCHIVE_DIR,
    host: { value: "HOST", default: "127.0.0.1", what: "the address to listen on" },
    port: { value: "N", range: [0, 65_535], default: 8080, what: "the port; 0: any free one" },
    credentials: { value: "FILE", completes: "file", what: "keys of the clients whose signed requests are answered" },
    "tls-cert": TLS_CERT,
    "tls-key": TLS_KEY,
    rate: { value: "N", range: [0, 1_000_000], default: 50, what: "a client's requests per second; 0: any number" },
    "log-level": { value: "LEVEL", choices: LOG_LEVELS, default: "info", what: "the lowest level that is logged" },
    json: { what: "write events as lines of JSON" },
  },
  examples: [
    { command: "archive serve --dir jobs", what: "for this machine alone" },
    { command: "archive serve --dir jobs --host 0.0.0.0 --credentials keys.json", what: "for a network" },
  ],
  exits: { 0: "stopped by a signal", 3: WRONG_USE },
  page: PAGE,
} as const satisfies CommandSpec;

export const ARCHIVE_IMPORT = {
  name: "archive import",
  summary: "add jobs from answers, CloudTrail, recipes, Neo jobs or models",
  usage: ["--dir DIR FILE_OR_FOLDER… [OPTION]…"],
  arguments: {
    name: "FILE_OR_FOLDER…",
    required: true,
    completes: "file",
    what: "answers, CloudTrail events, recipes, Neo jobs, models; recognised by content",
  },
  options: {
    dir: { ...ARCHIVE_DIR, what: "the archive's folder; made if it is not there" },
    project: { ...PROJECT, what: "the project of jobs that do not name theirs" },
    "job-name": { ...JOB_NAME, what: "the name of a job that has none" },
    tags: { value: "FILE", completes: "file", what: "the component's tags, as Greengrass lists them" },
    replace: { what: "replace jobs that are in the archive" },
    strict: { what: "fail if any file is refused" },
    json: JSON_FLAG,
  },
  examples: [
    { command: "archive import --dir jobs answers/", what: "every answer in a folder" },
    { command: "archive import --dir jobs cloudtrail.json.gz", what: "what CloudTrail recorded" },
  ],
  exits: { 0: "imported, or already present", 1: "nothing could be imported; with --strict: not all", 3: WRONG_USE },
  page: "docs/recover-jobs.md",
} as const satisfies CommandSpec;

export const ARCHIVE_LIST = {
  name: "archive list",
  summary: "list the jobs",
  usage: ["--dir DIR [--project PROJECT] [--json]"],
  options: { dir: ARCHIVE_DIR, project: { ...PROJECT, what: "only the jobs of this project" }, json: JSON_FLAG },
  examples: [{ command: "archive list --dir jobs", what: "one line for each job" }],
  exits: { 0: "listed", 3: WRONG_USE },
  page: PAGE,
} as const satisfies CommandSpec;

export const ARCHIVE_SHOW = {
  name: "archive show",
  summary: "show one job, as a client receives it",
  usage: ["--dir DIR PROJECT/JOB [--json]", "--dir DIR --project PROJECT --job-name NAME [--json]"],
  arguments: { name: "PROJECT/JOB", what: "the job" },
  options: {
    dir: ARCHIVE_DIR,
    project: { ...PROJECT, needs: ["job-name"] },
    "job-name": { ...JOB_NAME, needs: ["project"] },
    json: { what: "also write where the job came from" },
  },
  conflicts: [["PROJECT/JOB", "project"]],
  examples: [{ command: "archive show --dir jobs bottle-caps/caps-x86", what: "an answer to save or compare" }],
  exits: { 0: "shown", 3: WRONG_USE },
  page: PAGE,
} as const satisfies CommandSpec;

export const ARCHIVE_VERIFY = {
  name: "archive verify",
  summary: "check that the jobs are intact",
  usage: ["--dir DIR [--json]"],
  options: { dir: ARCHIVE_DIR, json: JSON_FLAG },
  examples: [{ command: "archive verify --dir jobs", what: "digests, constraints and consistency" }],
  exits: { 0: "intact", 1: "has faults", 3: WRONG_USE },
  page: PAGE,
} as const satisfies CommandSpec;

export const ARCHIVE = {
  name: "archive",
  summary: SUMMARIES.archive,
  actions: [ARCHIVE_SERVE, ARCHIVE_IMPORT, ARCHIVE_LIST, ARCHIVE_SHOW, ARCHIVE_VERIFY],
  page: PAGE,
} as const satisfies GroupSpec;
