import { oneOfWords } from "../../base/did-you-mean.js";
import { InvalidInputError } from "../../base/errors.js";
import { instantMs } from "../../base/instant.js";
import { type Drift, RULE_IDS, type RuleId, type Runnable } from "../../drift/finding.js";
import type { JobOutcome, JobThingFilter } from "../state/judged-views.js";
import type { DeviceFilter, Freshness, Page } from "../state/views.js";
import { DRIFT_LABELS, FRESHNESS_LABELS, OUTCOME_LABELS, RUNNABLE_LABELS } from "./page-text.js";

const DRIFTS = Object.keys(DRIFT_LABELS).filter((key): key is Drift => Object.hasOwn(DRIFT_LABELS, key));
const RUNNABLES = Object.keys(RUNNABLE_LABELS).filter((key): key is Runnable => Object.hasOwn(RUNNABLE_LABELS, key));
const STATES = Object.keys(FRESHNESS_LABELS).filter((key): key is Freshness => Object.hasOwn(FRESHNESS_LABELS, key));
const OUTCOMES = Object.keys(OUTCOME_LABELS).filter((key): key is JobOutcome => Object.hasOwn(OUTCOME_LABELS, key));

const LONGEST = 512;
/** The longest keys of a list hold three names of 256 characters. */
const LONGEST_EXACT = 4_096;
const PAGE_SIZE = 50;
const MOST_ITEMS = 1_000;

/** The filter in a query; empty parameters are ignored. Throws InvalidInputError. */
export function parseFilter(query: URLSearchParams): DeviceFilter {
  const drift = oneOf(query, "drift", DRIFTS);
  const runnable = oneOf(query, "runnable", RUNNABLES);
  const rule: RuleId | undefined = oneOf(query, "rule", RULE_IDS);
  const state = oneOf(query, "state", STATES);
  const job = exactText(query, "job");
  const q = textOf(query, "q");
  const cause = exactText(query, "cause");
  const thing = exactText(query, "thing");
  const at = parseTime(query);
  return {
    ...(runnable !== undefined && { runnable }),
    ...(drift !== undefined && { drift }),
    ...(state !== undefined && { state }),
    ...(rule !== undefined && { rule }),
    ...(job !== undefined && { job }),
    ...(cause !== undefined && { cause }),
    ...(thing !== undefined && { thing }),
    ...(q !== undefined && { q }),
    ...(at !== undefined && { at }),
  };
}

/** Which devices of a job; empty parameters are ignored. Throws InvalidInputError. */
export function parseJobThings(query: URLSearchParams): JobThingFilter {
  const outcome = oneOf(query, "outcome", OUTCOMES);
  const change = query.get("change") ?? "";
  return { ...(outcome !== undefined && { outcome }), ...(change !== "" && { change }) };
}

/** The time asked for as `at`. Throws InvalidInputError. */
export function parseTime(query: URLSearchParams): string | undefined {
  const text = textOf(query, "at");
  if (text === undefined) return undefined;
  const ms = instantMs(text);
  if (Number.isNaN(ms) || ms < 0 || ms > 8e14) throw new InvalidInputError(`Cannot read "at": not a time in ISO 8601`);
  return new Date(ms).toISOString();
}

/** Throws InvalidInputError. */
export function parsePage(query: URLSearchParams, size = PAGE_SIZE): Page {
  const after = exactText(query, "after");
  const text = query.get("limit") || String(size);
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MOST_ITEMS) {
    throw new InvalidInputError(`Cannot use "limit": must be a whole number from 1 to ${MOST_ITEMS}`);
  }
  return { limit, ...(after !== undefined && { after }) };
}

/** A text that a person types. */
function textOf(query: URLSearchParams, name: string): string | undefined {
  return shortText(name, query.get(name)?.trim(), LONGEST);
}

/** A name or key, untrimmed: those of devices may begin or end with blanks. */
function exactText(query: URLSearchParams, name: string): string | undefined {
  return shortText(name, query.get(name), LONGEST_EXACT);
}

function shortText(name: string, text: string | null | undefined, most: number): string | undefined {
  if (text == null || text === "") return undefined;
  if (text.length > most) throw new InvalidInputError(`Cannot use "${name}": longer than ${most} characters`);
  return text;
}

function oneOf<T extends string>(query: URLSearchParams, name: string, allowed: readonly T[]): T | undefined {
  const text = query.get(name) ?? "";
  if (text === "") return undefined;
  const found = allowed.find((value) => value === text);
  if (found === undefined) throw new InvalidInputError(`Cannot use "${name}": must be ${oneOfWords(allowed, text)}`);
  return found;
}

type Parameters = Readonly<Record<string, string | number | undefined>>;

/** A path with its query; undefined and empty parameters are left out. */
export function link(path: string, ...parameters: readonly (Parameters | DeviceFilter | JobThingFilter)[]): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(Object.assign({}, ...parameters) as Parameters)) {
    if (value !== undefined && value !== "") query.set(name, String(value));
  }
  const text = query.toString();
  return text === "" ? path : `${path}?${text}`;
}

export function devicePath(thing: string): string {
  return `/devices/${segment(thing)}`;
}

/** The page of a job; `-` stands for the project of a model that was chosen by its component. */
export function jobPath({ project, job }: { readonly project: string; readonly job: string }): string {
  return `/jobs/${project === "" ? "-" : project === "-" ? "~-" : segment(project)}/${segment(job)}`;
}

/** A name in a path. Browsers resolve `.` and `..`, however they are encoded: `~.` and `~..` stand for them. */
function segment(name: string): string {
  return /^\.\.?$/.test(name) ? `~${name}` : encodeURIComponent(name);
}

/** The page of the devices that can run a job, cannot run it, or could after a change. */
export function jobDevicesPath(job: { readonly project: string; readonly job: string }): string {
  return `${jobPath(job)}/devices`;
}

/** The job that the segments of such a path name. */
export function jobIn([, project = "", job = ""]: readonly string[]): {
  readonly project: string;
  readonly job: string;
} {
  return { project: project === "-" ? "" : project === "~-" ? "-" : project, job };
}

/** The name of a job as pages show it. */
export function jobName({ project, job }: { readonly project: string; readonly job: string }): string {
  return project === "" ? job : `${project}/${job}`;
}

/** Whether the page at a path, or those below it, can show the past; all others show the present. */
export function knowsPast(path: string): boolean {
  return /^\/($|(devices|causes|jobs)($|\/))/.test(path) && !/^\/(devices|jobs\/[^/]+)\/[^/]+\/./.test(path);
}

/** Decoded segments of a path, see `segment`; null where they are not valid. */
export function segmentsOf(path: string): readonly string[] | null {
  try {
    return path
      .split("/")
      .slice(1)
      .map((encoded) => decodeURIComponent(encoded).replace(/^~(?=\.\.?$)/, ""));
  } catch {
    return null;
  }
}

/** The address that the time slider leads to: its form sends hours back from now. Null for any other address. */
export function timeRedirect(path: string, query: URLSearchParams, nowMs: number): string | null {
  const hours = query.get("hours");
  if (hours === null) return null;
  const rest = Object.fromEntries([...query].filter(([name]) => name !== "hours" && name !== "at"));
  const back = /^-?\d{1,6}$/.test(hours) ? Number(hours) : 0;
  if (back >= 0) return link(path, rest);
  const minute = Math.floor((nowMs + back * 3_600_000) / 60_000) * 60_000;
  return link(path, rest, { at: new Date(minute).toISOString() });
}
