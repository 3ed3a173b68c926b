import { JobUnavailableError, UsageError } from "../base/errors.js";
import { detectFacts } from "../device/detect.js";
import { readDropIns } from "../device/drop-ins.js";
import { known } from "../device/facts.js";
import type { Host } from "../device/host.js";
import { loaderAnswers } from "../device/loader-answers.js";
import { deployedFrom } from "../drift/deployed.js";
import { type JobLookup, judge } from "../drift/judge.js";
import { namesLoadedBy } from "../drift/model-loads.js";
import { declared } from "../examiner/deployed/find.js";
import { exitCodeOf, renderReports } from "../report/formats.js";
import { completeReport } from "../report/make-report.js";
import type { Report } from "../report/report.js";
import { jobSource } from "../sources/choose.js";
import { describeJob, foundOrFailure } from "../sources/lookup.js";
import { CHECK } from "./help/specs/check.js";
import type { Command } from "./shared/command.js";
import { formatOf } from "./shared/format.js";
import { hostAt, machineName } from "./shared/host-at.js";
import { parseOptions } from "./shared/parse-options.js";
import { progress, waiting, withProgress } from "./shared/progress-bar.js";
import { CANNOT_READ, inputProblems, readSavedJobs, type SavedJob } from "./shared/saved-jobs.js";
import { storedModel } from "./shared/stored-model.js";
import { textStyle } from "./shared/terminal.js";

/** `packdrift check`: checks this device once. Exits with 0 in sync, 1 drifted, 2 unknown, 3 where a file could not be read. */
export const check: Command = async (args, terminal) => {
  const { values, positionals } = parseOptions(args, CHECK);
  const format = formatOf(values);
  const reading = progress(terminal, "Reading files", null);
  const host = withProgress(hostAt(values.root), reading);
  const deployed = values.deployed ?? [];
  for (const version of deployed) {
    if (!/^[\w.-]{1,128}=\d{1,6}\.\d{1,6}\.\d{1,6}$/.test(version)) {
      throw new UsageError(`Cannot read --deployed: must be NAME=x.y.z, is "${version}"`);
    }
  }
  const files = [...(values.job ?? []), ...positionals];

  const problems = inputProblems(terminal);
  const saved = await readSavedJobs(files, problems);
  const described = saved.map((job) => lookUpSaved(job, deployed));
  const { project, "job-name": job } = values;
  if (project !== undefined && job !== undefined) {
    const looking = lookUpInSource({ project, job }, values, deployed, terminal.env);
    described.push(await waiting(terminal, `Asking ${values.endpoint ?? "the API"} for the job`, looking));
  }
  const lookups: JobLookup[] = [];
  for (const lookup of described) lookups.push(await withStoredModel(lookup, host));
  for (const component of values.component ?? []) lookups.push(await lookUpComponent(component, deployed, host));
  if (lookups.length === 0) {
    if (problems.haveFailed()) return CANNOT_READ;
    throw new UsageError("Nothing to check: needs FILE, --project and --job-name, or --component NAME");
  }

  const { declared: dropIns, problems: dropInProblems } = readDropIns(host);
  const facts = detectFacts(host, dropIns);
  const loadable = loaderAnswers(host, facts, namesLoadedBy(lookups));
  reading.end();
  const checkedAt = new Date().toISOString();
  const verdicts = judge({ lookups, facts, loadable, now: checkedAt, maxCopyAgeDays: null, waivers: [] });
  const thing = terminal.env.AWS_IOT_THING_NAME || machineName(values.root);
  const agent = {
    version: PACKDRIFT_VERSION,
    node: process.version,
    transport: "none",
    outbox: "memory",
    problems: dropInProblems,
  } as const;
  const reports = lookups.flatMap((lookup, at): Report[] => {
    const verdict = verdicts[at];
    if (verdict === undefined) return [];
    const report = completeReport({ thing, trigger: "COMMAND", checkedAt, facts, verdict, agent, ...lookup });
    return [{ ...report, id: `check.${at + 1}`, epoch: "check", sequence: at + 1 }];
  });
  terminal.out(renderReports(reports, format, textStyle(terminal)));
  return problems.haveFailed() ? CANNOT_READ : exitCodeOf(reports);
};

function lookUpSaved({ job, origin, fallback }: SavedJob, deployed: readonly string[]): JobLookup {
  const ref = { project: job.project ?? "", job: job.name ?? fallback };
  return { ref, job, model: null, origin, unavailable: null, deployed: deployedOf(job.component.name, deployed) };
}

type SourceOptions = { readonly [Name in "endpoint" | "region"]?: string | undefined };

/** Gets the job from the API or an archive. An unavailable job is a result; a bad name is a usage error. */
async function lookUpInSource(
  ref: { readonly project: string; readonly job: string },
  { endpoint, region }: SourceOptions,
  deployed: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<JobLookup> {
  const type = endpoint === undefined ? "api" : "archive";
  const choice = { type, endpoint: endpoint ?? null, region: region ?? null, path: null } as const;
  const outcome = await foundOrFailure(async () => describeJob(jobSource(choice, env), ref));
  if ("found" in outcome) {
    const { job: described, origin } = outcome.found;
    return {
      ref,
      job: described,
      model: null,
      origin,
      unavailable: null,
      deployed: deployedOf(described.component.name, deployed),
    };
  }
  const { failure } = outcome;
  if (!(failure instanceof JobUnavailableError)) throw usageError(failure);
  const { reason, message } = failure;
  return { ref, job: null, model: null, origin: null, unavailable: { reason, message }, deployed: null };
}

/**
 * A job with the files of its component if they are in the machine's package store; without them, only the job is
 * compared.
 */
async function withStoredModel(lookup: JobLookup, host: Host): Promise<JobLookup> {
  const component = lookup.job?.component.name ?? null;
  if (component === null) return lookup;
  const answer = await storedModel(host, component, known(lookup.deployed?.version));
  return answer.kind === "found" ? { ...lookup, model: answer.model } : lookup;
}

/** A model by its files alone. If it is not in the package store, that is a result; a bad name is a usage error. */
async function lookUpComponent(component: string, statements: readonly string[], host: Host): Promise<JobLookup> {
  if (!/^(?!\.+$)[\w.-]{1,128}$/.test(component)) {
    throw new UsageError(`Cannot read --component: must be a component's name, is "${component}"`);
  }
  const stated = deployedOf(component, statements);
  const answer = await storedModel(host, component, known(stated?.version));
  const ref = { project: null, job: null };
  // If the model is missing, only this names the component.
  const deployed = stated ?? (answer.kind === "found" ? null : deployedFrom(component, []));
  const found = answer.kind === "found" ? answer.model : null;
  const unavailable =
    answer.kind === "found" ? null : { reason: "NOT_FOUND", message: `Nothing to check: ${answer.why}` };
  return { ref, job: null, model: found, origin: null, unavailable, deployed };
}

function usageError(cause: Error): UsageError {
  return new UsageError(cause.message, { cause });
}

/** Null without --deployed: the component rules do not apply then. */
function deployedOf(component: string | null, statements: readonly string[]) {
  if (statements.length === 0) return null;
  const answers = statements.flatMap((statement) => declared(statement, component ?? ""));
  const unnamed = {
    from: "--deployed",
    result: { kind: "unknown", why: `it does not name ${component ?? "this component"}` },
  } as const;
  return deployedFrom(component ?? "", answers.length > 0 ? answers : [unnamed]);
}
