import { hostname } from "node:os";
import { basename } from "node:path";
import { InvalidInputError, JobUnavailableError, UsageError } from "../base/errors.js";
import { detectFacts } from "../device/detect.js";
import { readDropIns } from "../device/drop-ins.js";
import { linuxHost } from "../device/linux-host.js";
import { deployedFrom } from "../drift/deployed.js";
import { type JobLookup, judge } from "../drift/judge.js";
import { declared } from "../examiner/deployed/find.js";
import { parseJob } from "../job/parse-job.js";
import { canonicalAnswer } from "../job/wire-answer.js";
import { sha256Hex } from "../platform/digest.js";
import { exitCodeOf, renderReports } from "../report/formats.js";
import { completeReport } from "../report/make-report.js";
import type { Report } from "../report/report.js";
import { jobSource } from "../sources/choose.js";
import { readJobFile } from "../sources/job-files.js";
import { type Command, parseOptions, textStyle } from "./shared/command.js";
import { existingFolder } from "./shared/existing-folder.js";
import { formatOf } from "./shared/format.js";

const OPTIONS = {
  job: { type: "string", multiple: true },
  project: { type: "string" },
  "job-name": { type: "string" },
  endpoint: { type: "string" },
  region: { type: "string" },
  root: { type: "string" },
  deployed: { type: "string", multiple: true },
  format: { type: "string" },
  json: { type: "boolean" },
} as const;

/** `packdrift check`: one check, here, now. Exit 0 in sync, 1 drifted, 2 could not tell. */
export const check: Command = async (args, terminal) => {
  const { values, positionals } = parseOptions(args, OPTIONS);
  const format = formatOf(values.format, values.json);
  const root = existingFolder(values.root);
  for (const word of values.deployed ?? []) {
    if (!/^[\w.-]{1,128}=\d{1,6}\.\d{1,6}\.\d{1,6}$/.test(word)) {
      throw new UsageError(`Cannot read --deployed: must be NAME=x.y.z, is "${word}"`);
    }
  }
  // `--job a.json b.json` is what a shell makes of `--job *.json`.
  const files = [...(values.job ?? []), ...positionals];
  if (positionals.length > 0 && values.job === undefined)
    throw new UsageError(`Not an option of check: "${positionals[0]}"`);

  const lookups: JobLookup[] = [];
  for (const file of files) lookups.push(await lookAtFile(file, values.deployed ?? []));
  if (values.project !== undefined || values["job-name"] !== undefined) {
    lookups.push(await lookAtSource(values, values.deployed ?? [], terminal.env));
  }
  if (lookups.length === 0) throw new UsageError("Nothing to check: needs --job FILE, or --project and --job-name");

  const host = linuxHost(root);
  const { declared: dropIns, problems } = readDropIns(host);
  const facts = detectFacts(host, dropIns);
  const checkedAt = new Date().toISOString();
  const verdicts = judge({ lookups, facts, now: checkedAt, maxCopyAgeDays: null, waivers: [] });
  const thing = terminal.env.AWS_IOT_THING_NAME || (root === "/" ? hostname() : basename(root));
  const agent = {
    version: PACKDRIFT_VERSION,
    node: process.version,
    transport: "none",
    outbox: "memory",
    problems,
  } as const;
  const reports = lookups.flatMap((lookup, at): Report[] => {
    const verdict = verdicts[at];
    if (verdict === undefined) return [];
    const report = completeReport({ thing, trigger: "COMMAND", checkedAt, facts, verdict, agent, ...lookup });
    return [{ ...report, id: `check.${at + 1}`, epoch: "check", sequence: at + 1 }];
  });
  terminal.out(renderReports(reports, format, textStyle(terminal)));
  return exitCodeOf(reports);
};

/** A job from a saved answer. A file that is no job is the user's mistake, and says so. */
async function lookAtFile(path: string, words: readonly string[]): Promise<JobLookup> {
  try {
    const { answer, fetchedAt } = await readJobFile(path);
    const job = parseJob(answer);
    const origin = { source: `file ${path}`, fetchedAt, digest: sha256Hex(canonicalAnswer(answer)), stale: null };
    const ref = { project: job.project ?? "", job: job.name ?? basename(path) };
    return { ref, job, origin, unavailable: null, deployed: deployedOf(job.component.name, words) };
  } catch (error) {
    if (error instanceof JobUnavailableError) throw new UsageError(error.message, { cause: error });
    if (error instanceof InvalidInputError) {
      throw new UsageError(`Cannot read job from "${path}": ${error.message}`, { cause: error });
    }
    throw error;
  }
}

async function lookAtSource(
  values: {
    project?: string | undefined;
    "job-name"?: string | undefined;
    endpoint?: string | undefined;
    region?: string | undefined;
  },
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<JobLookup> {
  const { project, "job-name": job, endpoint, region } = values;
  if (project === undefined || job === undefined) throw new UsageError("--project and --job-name belong together");
  const choice = {
    type: endpoint === undefined ? "api" : "archive",
    endpoint: endpoint ?? null,
    region: region ?? null,
    path: null,
  } as const;
  const source = jobSource(choice, env);
  const ref = { project, job };
  try {
    const { answer, fetchedAt } = await source.describe(ref);
    const parsed = parseJob(answer);
    const origin = { source: source.name, fetchedAt, digest: sha256Hex(canonicalAnswer(answer)), stale: null };
    return { ref, job: parsed, origin, unavailable: null, deployed: deployedOf(parsed.component.name, words) };
  } catch (error) {
    if (error instanceof InvalidInputError) throw new UsageError(error.message, { cause: error });
    if (!(error instanceof JobUnavailableError)) throw error;
    const unavailable = { reason: error.reason, message: error.message };
    return { ref, job: null, origin: null, unavailable, deployed: null };
  }
}

/** Without the operator's word there is nothing to compare with here: the component rules do not apply. */
function deployedOf(component: string | null, words: readonly string[]) {
  if (words.length === 0) return null;
  const answers = words.flatMap((word) => declared(word, component ?? ""));
  const untold = {
    from: "--deployed",
    says: { kind: "unknown", why: `it does not name ${component ?? "this component"}` },
  } as const;
  return deployedFrom(component ?? "", answers.length > 0 ? answers : [untold]);
}
