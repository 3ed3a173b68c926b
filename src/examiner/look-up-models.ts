import { JobUnavailableError } from "../base/errors.js";
import type { JobChoice, Settings } from "../config/settings.js";
import type { Deployed } from "../drift/deployed.js";
import type { JobLookup } from "../drift/judge.js";
import type { JobRef } from "../job/job-names.js";
import type { PackagedModel, Unread } from "../model/model.js";
import { foundOrFailure } from "../sources/lookup.js";
import type { FindJob, FoundJob, ListJobs } from "../sources/source.js";
import { type DeployedQueries, findDeployed } from "./deployed/find.js";
import type { PackagedModels } from "./models/packaged-models.js";
import { namedJob } from "./named-job.js";
import { findOwnJob } from "./own-job.js";
import type { LogLine } from "./protocol.js";

interface LookupParts {
  readonly findJob: (settings: Settings) => FindJob;
  readonly listJobs: (settings: Settings) => ListJobs;
  readonly deployedQueries: (settings: Settings) => DeployedQueries;
  readonly models: PackagedModels;
}

/** A lookup, and sentences for the log about how its description was found. */
interface FoundLookup extends JobLookup {
  readonly warnings?: FoundJob["warnings"];
}

/** The lookups of everything to check. */
interface Lookups {
  /** In the order of the setting "jobs"; without it, by component. */
  readonly lookups: readonly FoundLookup[];
  /** Why there is nothing to check; null if there is something. */
  readonly nothing: string | null;
  readonly log: readonly LogLine[];
}

/** The queries that a lookup makes. */
interface Queries {
  readonly findJob: FindJob;
  readonly listJobs: ListJobs;
  readonly models: PackagedModels;
  readonly askDeployed: (name: string | null) => Promise<Deployed>;
  readonly source: Settings["source"]["type"];
}

/**
 * Looks up all jobs and models in parallel, so that a source that does not answer is waited for once. Without the setting
 * "jobs", every packaged model on the device is to be checked.
 */
export async function lookUpModels(
  settings: Settings,
  withoutGreengrass: boolean,
  parts: LookupParts,
): Promise<Lookups> {
  const queries = parts.deployedQueries(settings);
  const sources = settings.deployedVersion.filter((source) => !(withoutGreengrass && GREENGRASS_SOURCES.has(source)));
  const asked: Queries = {
    findJob: parts.findJob(settings),
    listJobs: parts.listJobs(settings),
    models: parts.models,
    askDeployed: askedOnce((name) => findDeployed(name, sources, queries)),
    source: settings.source.type,
  };
  const found = await (settings.jobs.length === 0 ? lookUpAll(asked) : lookUpChosen(settings.jobs, asked));
  // Without a source of the deployed version, component.* does not apply, as in packdrift check.
  const lookups = found.lookups.map((lookup) =>
    sources.length > 0 || (lookup.job === null && lookup.model === null) ? lookup : { ...lookup, deployed: null },
  );
  return { ...found, lookups, log: [...found.log, ...lookups.flatMap(originLines)] };
}

/** Sources of the deployed version that only Greengrass can answer. */
const GREENGRASS_SOURCES: ReadonlySet<string> = new Set(["component-details", "artifacts", "configuration"]);

/** All jobs of a component get one answer, so that they are judged by the same deployed version. */
function askedOnce(ask: Queries["askDeployed"]): Queries["askDeployed"] {
  const answers = new Map<string | null, Promise<Deployed>>();
  return (name) => {
    const answer = answers.get(name) ?? ask(name);
    answers.set(name, answer);
    return answer;
  };
}

async function lookUpChosen(choices: readonly JobChoice[], queries: Queries): Promise<Lookups> {
  const found = await Promise.all(
    choices.map(async (choice) => {
      const log: LogLine[] = [];
      return { lookup: await lookUpChoice(choice, queries, log), log };
    }),
  );
  return { lookups: found.map(({ lookup }) => lookup), nothing: null, log: found.flatMap(({ log }) => log) };
}

async function lookUpChoice(choice: JobChoice, queries: Queries, log: LogLine[]): Promise<FoundLookup> {
  const { project, component } = choice;
  const named = namedJob(choice);
  if (named !== null) return lookUpJob(named, choice.compilationJob === null ? null : component, queries, log);
  if (project === null) return lookUpComponent(component ?? "", queries);
  return lookUpOwnJob({ project, component: component ?? "" }, queries, log);
}

/** Every packaged model on the device. One that Greengrass says is not deployed is a leftover, and is left out. */
async function lookUpAll(queries: Queries): Promise<Lookups> {
  const { components, unread } = queries.models.find();
  const all = await Promise.all(components.map((component) => lookUpComponent(component, queries)));
  const lookups = all.filter(({ deployed }) => deployed?.present.state !== "absent");
  if (lookups.length > 0) return { lookups, nothing: null, log: [] };
  const left = components.length === 0 ? "" : `; ${components.join(", ")} in the package store is not deployed`;
  const nothing = `Nothing to check: no packaged model was found on this device, and the setting "jobs" names none${left}${inWords(unread)}`;
  return { lookups, nothing, log: [{ level: "warn", event: "check.no-jobs", fields: { message: nothing } }] };
}

const MOST_SHOWN = 3;

function inWords(unread: readonly Unread[]): string {
  const shown = unread.slice(0, MOST_SHOWN).map(({ path, why }) => `; could not read ${path}: ${why}`);
  return shown.join("") + (unread.length > MOST_SHOWN ? `; and ${unread.length - MOST_SHOWN} more` : "");
}

/** Looks up a component's model by its files alone. */
async function lookUpComponent(component: string, queries: Queries): Promise<FoundLookup> {
  const deployed = await queries.askDeployed(component);
  const answer = await queries.models.read(component, versionOf(deployed));
  const ref = { project: null, job: null };
  if (answer.kind === "found") return { ...noJob(ref, null), model: answer.model, deployed };
  return { ...noJob(ref, { reason: "NOT_FOUND", message: `Nothing to check: ${answer.why}` }), deployed };
}

/**
 * `component`: the one that holds what a compilation job compiled, which the job does not name; null for a packaging
 * job.
 */
async function lookUpJob(
  ref: JobRef,
  component: string | null,
  queries: Queries,
  log: LogLine[],
): Promise<FoundLookup> {
  const byFiles = (unavailable: JobLookup["unavailable"]) => {
    const lookup = noJob(ref, unavailable);
    return component === null ? lookUpOnlyModel(lookup, queries) : withFiles(lookup, component, queries);
  };
  if (queries.source === "model") return byFiles(null);
  const outcome = await findLogged(() => queries.findJob(ref), { ...ref }, log);
  if (!("found" in outcome)) return byFiles(outcome.unavailable);
  const { job } = outcome.found;
  const name = job.component.name ?? component;
  const found = { ...outcome.found, job: { ...job, component: { ...job.component, name } } };
  const deployed = await queries.askDeployed(name);
  const model = name === null ? null : await filesOf(name, deployed, queries);
  return { ...found, model, ref, unavailable: null, deployed };
}

async function lookUpOwnJob(
  { project, component }: { readonly project: string; readonly component: string },
  queries: Queries,
  log: LogLine[],
): Promise<FoundLookup> {
  const ref = { project, job: null };
  const deployed = await queries.askDeployed(component);
  if (queries.source === "model") return withFiles({ ...noJob(ref, null), deployed }, component, queries);
  const outcome = await findLogged(() => findOwnJob(project, deployed, queries), { project, component }, log);
  if (!("found" in outcome)) return withFiles({ ...noJob(ref, outcome.unavailable), deployed }, component, queries);
  const own = outcome.found;
  if (own.kind === "found") {
    const model = await filesOf(component, deployed, queries);
    return { ...own.found, model, ref: { project, job: own.job }, unavailable: null, deployed };
  }
  const { reason, message, choice } = own;
  log.push({ level: "warn", event: "job.unclear", fields: { project, component, message } });
  return withFiles({ ...noJob(ref, { reason, message }), deployed, choice }, component, queries);
}

async function filesOf(component: string, deployed: Deployed, queries: Queries): Promise<PackagedModel | null> {
  const answer = await queries.models.read(component, versionOf(deployed));
  return answer.kind === "found" ? answer.model : null;
}

/** Compares a job without a description by the files of its component, if the settings allow it. */
async function withFiles(lookup: FoundLookup, component: string, queries: Queries): Promise<FoundLookup> {
  const deployed = lookup.deployed ?? (await queries.askDeployed(component));
  if (!usesFiles(queries)) return lookup;
  const answer = await queries.models.read(component, versionOf(deployed));
  if (answer.kind === "none") return { ...lookup, unavailable: explained(lookup, answer.why) };
  const { version } = answer.model;
  const instead = `compared with the files of ${component}${version === null ? "" : ` ${version}`} instead`;
  return { ...lookup, model: answer.model, deployed, unavailable: lookup.unavailable && explained(lookup, instead) };
}

/**
 * Compares a job without a description whose component is unknown too: if the device has a single packaged model, by
 * that.
 */
async function lookUpOnlyModel(lookup: FoundLookup, queries: Queries): Promise<FoundLookup> {
  if (!usesFiles(queries)) return lookup;
  const { components, unread } = queries.models.find();
  const [only, another] = components;
  if (only !== undefined && another === undefined) return withFiles(lookup, only, queries);
  const why =
    only === undefined
      ? `no packaged model was found on this device${inWords(unread)}`
      : `${components.length} packaged models are on this device (${components.slice(0, MOST_SHOWN).join(", ")}): name one in the setting "jobs" as {component: NAME}`;
  return { ...lookup, unavailable: explained(lookup, why) };
}

/**
 * A source that the settings name is the only one: with "api", "archive" and "file" nothing takes the place of a
 * description.
 */
function usesFiles({ source }: Queries): boolean {
  return source === "auto" || source === "model";
}

function explained({ unavailable }: FoundLookup, more: string): JobLookup["unavailable"] {
  if (unavailable === null) return { reason: "NOT_FOUND", message: `Nothing to check: ${more}` };
  return { reason: unavailable.reason, message: `${unavailable.message}; ${more}` };
}

function versionOf({ version }: Deployed): string | null {
  return version.state === "known" ? version.value : null;
}

function noJob(ref: JobLookup["ref"], unavailable: JobLookup["unavailable"]): FoundLookup {
  return { ref, job: null, model: null, origin: null, unavailable, deployed: null };
}

function originLines({ ref, job, origin, warnings = [] }: FoundLookup): readonly LogLine[] {
  if (job === null) return [];
  const lines = warnings.map(
    (warning): LogLine => ({ level: "warn", event: "job.warning", fields: { ...ref, warning } }),
  );
  if (origin?.stale == null) return lines;
  const { reason, message } = origin.stale;
  const { fetchedAt } = origin;
  return [...lines, { level: "warn", event: "job.copy-used", fields: { ...ref, reason, message, fetchedAt } }];
}

/** The result of `find`, or why there is none; logs the reason. */
async function findLogged<T>(
  find: () => Promise<T>,
  ref: Readonly<Record<string, unknown>>,
  log: LogLine[],
): Promise<{ readonly found: T } | { readonly unavailable: JobLookup["unavailable"] }> {
  const outcome = await foundOrFailure(find);
  if ("found" in outcome) return outcome;
  const { failure } = outcome;
  const { message } = failure;
  if (failure instanceof JobUnavailableError) {
    const { reason } = failure;
    log.push({ level: "warn", event: "job.unavailable", fields: { ...ref, reason, message } });
    return { unavailable: { reason, message } };
  }
  const reason = "NOT_A_JOB";
  log.push({ level: "error", event: "job.refused", fields: { ...ref, reason, message } });
  return { unavailable: { reason, message } };
}
