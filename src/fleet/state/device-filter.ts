import type { PointInTime } from "./freshness.js";
import { allOf, containing, type Parameters } from "./parameters.js";
import { DRIFTS, RUNNABLES, verdictRank, WORST_RANK } from "./verdict-rank.js";
import type { DeviceFilter } from "./views.js";

/** A source of names in sorted order. */
interface Stream {
  readonly from: string;
  /** The column of the name. */
  readonly thing: string;
  readonly where: readonly string[];
  /** Whether a name may occur more than once. */
  readonly repeats?: boolean;
}

const LONGEST_TEXT = 1_000;

/**
 * Whether a filter can select nothing: no stored text contains NUL or is that long, and there are no other verdicts.
 */
export function selectsNothing(filter: DeviceFilter): boolean {
  if (verdictsOf(filter)?.length === 0) return true;
  return Object.values(filter).some((text: unknown) => typeof text === "string" && isUnstorable(text));
}

/** Whether a filter restricts the things, apart from its time. */
export function isNarrow({ at: _, ...selects }: DeviceFilter): boolean {
  return Object.values(selects).some((value) => value !== undefined && value !== "");
}

/** Whether a text cannot be in any table. */
export function isUnstorable(text: string): boolean {
  return text.includes("\0") || text.length > LONGEST_TEXT;
}

/**
 * Selects the names of things, in a column `thing`; with `limit`, sorted. Several sources, one for each verdict, are
 * each sorted and are read only as far as the page needs: none of them is ever sorted as a whole.
 */
export function selectThings(
  filter: DeviceFilter,
  moment: PointInTime,
  parameters: Parameters,
  page: { readonly after?: string | undefined; readonly limit?: number } = {},
): string {
  const streams = moment.isNow ? streamsNow(filter, moment, parameters) : [streamAt(filter, moment, parameters)];
  const order = page.limit === undefined ? "" : ` ORDER BY 1 LIMIT ${page.limit}`;
  const selects = streams.map(({ from, thing, where, repeats = false }) => {
    const rest = page.after === undefined ? [] : [`${thing} > ${parameters.of(page.after)}`];
    return `SELECT ${thing} AS thing FROM ${from} WHERE ${allOf([...where, ...rest])}${repeats ? ` GROUP BY ${thing}` : ""}${order}`;
  });
  if (selects.length === 1) return selects.join("");
  return `${selects.map((select) => `SELECT thing FROM (${select}) x`).join(" UNION ALL ")}${order}`;
}

/** A job's name in the tables: `project` is empty for a model that was chosen by its component. */
interface JobName {
  readonly project: string;
  readonly job: string;
}

/** Parses the text of jobFilter. */
export function jobNamed(text: string): JobName {
  const at = text.startsWith("component ") ? -1 : text.indexOf("/");
  if (at < 0) return { project: "", job: text };
  return { project: text.slice(0, at).replace(/%(25|2F|20)/g, decodeURIComponent), job: text.slice(at + 1) };
}

/**
 * The text by which a filter names a job: `project/job`, or the job alone where it has no project. What would be read
 * as the end of the project or as a component's name is encoded as in a URL, `/` as `%2F`.
 */
export function jobFilter({ project, job }: JobName): string {
  if (project === "") return job.includes("/") && !job.startsWith("component ") ? `/${job}` : job;
  const encoded = project.replace(/[%/]/g, encodeURIComponent).replace(/^component /, "component%20");
  return `${encoded}/${job}`;
}

function streamsNow(filter: DeviceFilter, moment: PointInTime, parameters: Parameters): readonly Stream[] {
  if (filter.cause !== undefined || filter.rule !== undefined) return [findingStream(filter, moment, parameters)];
  const verdicts = verdictsOf(filter);
  if (filter.job !== undefined) {
    const { project, job } = jobNamed(filter.job);
    const joined = asksOfThing(filter) ? `state d JOIN ${thingFor(filter)} ON t.thing = d.thing` : "state d";
    return (verdicts ?? ALL_VERDICTS).map((verdict) => ({
      from: joined,
      thing: "d.thing",
      where: [
        `d.project = ${parameters.of(project)} AND d.job = ${parameters.of(job)}`,
        verdictIs("d", verdict, parameters),
        ...thingConditions(filter, moment, parameters),
      ],
    }));
  }
  if (verdicts !== null) {
    return verdicts.map((verdict) => ({
      from: "thing t",
      thing: "t.thing",
      where: [verdictIs("t", verdict, parameters), ...thingConditions(filter, moment, parameters)],
    }));
  }
  // Few things are late or silent: find them by the time at which they were heard, not by name.
  const isRare = filter.state === "late" || filter.state === "silent";
  const thing = isRare ? "(t.thing || '')" : "t.thing";
  return [{ from: "thing t", thing, where: thingConditions(filter, moment, parameters) }];
}

/** Things with an open finding of that cause or rule. */
function findingStream(filter: DeviceFilter, moment: PointInTime, parameters: Parameters): Stream {
  const where = ["d.until IS NULL"];
  if (filter.cause !== undefined) where.push(`d.cause = ${parameters.of(filter.cause)}`);
  if (filter.rule !== undefined) where.push(`d.rule = ${parameters.of(filter.rule)}`);
  const verdict = simpleVerdict(filter);
  let from = "finding d";
  if (filter.job !== undefined) {
    const { project, job } = jobNamed(filter.job);
    where.push(`d.project = ${parameters.of(project)} AND d.job = ${parameters.of(job)}`);
    if (verdict.length > 0) {
      from += " JOIN state s ON s.thing = d.thing AND s.project = d.project AND s.job = d.job";
      where.push(...verdict.map(([column, value]) => `s.${column} = ${parameters.of(value)}`));
    }
  }
  if (asksOfThing(filter) || (filter.job === undefined && verdict.length > 0)) {
    from += ` JOIN ${thingFor(filter)} ON t.thing = d.thing`;
    where.push(...thingConditions(filter, moment, parameters));
    if (filter.job === undefined)
      where.push(...verdict.map(([column, value]) => `t.${column} = ${parameters.of(value)}`));
  }
  return { from, thing: "d.thing", where, repeats: true };
}

/** For a time in the past, by the states and findings of that time. */
function streamAt(filter: DeviceFilter, moment: PointInTime, parameters: Parameters): Stream {
  const at = () => parameters.of(moment.at);
  const where = [thingIsThere(moment, parameters)];
  where.push(...nameConditions(filter, parameters, () => productAtSql(moment, parameters)));
  if (filter.state !== undefined) where.push(heardIs(filter.state, heardAtSql(moment, parameters), moment, parameters));
  const verdict = simpleVerdict(filter);
  const job = filter.job === undefined ? null : jobNamed(filter.job);
  if (job !== null) {
    const wanted = verdict.map(([column, value]) => `y.${column} = ${parameters.of(value)}`);
    where.push(
      `EXISTS (SELECT 1 FROM (${statesAtSql("t.thing", moment, parameters)}) y WHERE ${allOf([`y.project = ${parameters.of(job.project)}`, `y.job = ${parameters.of(job.job)}`, ...wanted])})`,
    );
  } else if (verdict.length > 0) {
    const ranks = (verdictsOf(filter) ?? []).map(([runnable, drift]) => verdictRank(runnable, drift));
    where.push(
      `(SELECT ${WORST_RANK} FROM (${statesAtSql("t.thing", moment, parameters)}) y) IN (${ranks.join(", ")})`,
    );
  }
  if (filter.rule !== undefined || filter.cause !== undefined) {
    const wanted = [`f.thing = t.thing AND f.since <= ${at()} AND (f.until IS NULL OR f.until > ${at()})`];
    if (filter.rule !== undefined) wanted.push(`f.rule = ${parameters.of(filter.rule)}`);
    if (filter.cause !== undefined) wanted.push(`f.cause = ${parameters.of(filter.cause)}`);
    if (job !== null) wanted.push(`f.project = ${parameters.of(job.project)} AND f.job = ${parameters.of(job.job)}`);
    where.push(`EXISTS (SELECT 1 FROM finding f WHERE ${allOf(wanted)})`);
  }
  return { from: "thing t", thing: "t.thing", where };
}

/** Whether a thing `t` was known at that time: heard, expected, or in a report about that time that arrived later. */
export function thingIsThere(moment: PointInTime, parameters: Parameters): string {
  const heard = `t.first_heard <= ${parameters.of(moment.at)} OR t.expected = 1`;
  return `(${heard} OR EXISTS (${statesAtSql("t.thing", moment, parameters)}))`;
}

/** When a thing `t` was last heard at that time, by its stored reports. */
export function heardAtSql({ at }: PointInTime, parameters: Parameters): string {
  const then = `(SELECT max(r.received_at) FROM report r WHERE r.thing = t.thing AND r.received_at <= ${parameters.of(at)})`;
  return `CASE WHEN t.last_heard <= ${parameters.of(at)} THEN t.last_heard ELSE ${then} END`;
}

/**
 * Whether the device of a thing `t` was known at that time: false where reports had come by then, all of them
 * heartbeats, which do not describe it.
 */
export function deviceIsKnown({ at }: PointInTime, parameters: Parameters): string {
  const reported = (and: string) =>
    `EXISTS (SELECT 1 FROM report r WHERE r.thing = t.thing AND r.received_at <= ${parameters.of(at)}${and})`;
  // By the thing's reports: an index of all complete ones would be read from its beginning.
  return `(${reported(" AND (r.kind || '') = 'COMPLETE'")} OR NOT ${reported("")})`;
}

/** The product of a thing `t` at that time: what the first change of it since then was from, or today's. */
function productAtSql(moment: PointInTime, parameters: Parameters): string {
  const later = () =>
    `FROM change c WHERE c.thing = t.thing AND c.at > ${parameters.of(moment.at)} AND c.delta LIKE '%"product":%'`;
  const before = `SELECT c.delta /* SQLITE: -- */ ::json
    -> 'product' ->> 0 ${later()} ORDER BY c.at, c.sequence LIMIT 1`;
  const product = `CASE WHEN EXISTS (SELECT 1 ${later()}) THEN (${before}) ELSE t.product END`;
  return `CASE WHEN ${deviceIsKnown(moment, parameters)} THEN ${product} END`;
}

/** The states at that time, of one thing, or of all if no column names one. */
export function statesAtSql(thing: string | null, { at }: PointInTime, parameters: Parameters): string {
  const part = (table: string, until: readonly string[]) => {
    const one = thing === null ? [] : [`x.thing = ${thing}`];
    const where = allOf([...one, `x.since <= ${parameters.of(at)}`, ...until]);
    return `SELECT x.thing, x.project, x.job, x.drift, x.runnable, x.since FROM ${table} x WHERE ${where}`;
  };
  return `${part("state", [])} UNION ALL ${part("past_state", [`x.until > ${parameters.of(at)}`])}`;
}

/** The table `thing`, to be joined: by its narrow index if only the name is needed, since a row has a kilobyte. */
function thingFor({ state, job, drift, runnable }: DeviceFilter): string {
  const isByName = state === undefined && (job !== undefined || (drift === undefined && runnable === undefined));
  return isByName ? "thing t /* SQLITE: INDEXED BY thing_by_name */" : "thing t";
}

/** Whether the filter's conditions need the row of the thing. */
function asksOfThing(filter: DeviceFilter): boolean {
  return filter.state !== undefined || filter.thing !== undefined || (filter.q ?? "") !== "";
}

function thingConditions(filter: DeviceFilter, moment: PointInTime, parameters: Parameters): readonly string[] {
  const heard = filter.state === undefined ? [] : [heardIs(filter.state, "t.last_heard", moment, parameters)];
  return [...nameConditions(filter, parameters, () => "t.product"), ...heard];
}

/** `product`: the SQL of the product to be searched. */
function nameConditions(
  { thing, q = "" }: DeviceFilter,
  parameters: Parameters,
  product: () => string,
): readonly string[] {
  const where = thing === undefined ? [] : [`t.thing = ${parameters.of(thing)}`];
  if (q === "") return where;
  const pattern = containing(q);
  const has = (column: string) => `${column} ILIKE ${parameters.of(pattern)} ESCAPE '!'`;
  return [...where, `(${has("t.thing")} OR ${has(product())})`];
}

function heardIs(
  state: NonNullable<DeviceFilter["state"]>,
  heard: string,
  { lateAt, silentAt }: PointInTime,
  parameters: Parameters,
): string {
  switch (state) {
    case "fresh":
      return `${heard} > ${parameters.of(lateAt)}`;
    case "late":
      return `${heard} <= ${parameters.of(lateAt)} AND ${heard} > ${parameters.of(silentAt)}`;
    case "silent":
      return `${heard} <= ${parameters.of(silentAt)}`;
    default:
      return `${heard} IS NULL`;
  }
}

type VerdictPair = readonly [(typeof RUNNABLES)[number], (typeof DRIFTS)[number]];

const ALL_VERDICTS: readonly VerdictPair[] = RUNNABLES.flatMap((runnable) =>
  DRIFTS.map((drift): VerdictPair => [runnable, drift]),
);

/** The verdicts that a filter selects; null: all. */
function verdictsOf({ drift, runnable }: DeviceFilter): readonly VerdictPair[] | null {
  if (drift === undefined && runnable === undefined) return null;
  return ALL_VERDICTS.filter((pair) => (runnable ?? pair[0]) === pair[0] && (drift ?? pair[1]) === pair[1]);
}

function verdictIs(alias: string, [runnable, drift]: VerdictPair, parameters: Parameters): string {
  return `${alias}.runnable = ${parameters.of(runnable)} AND ${alias}.drift = ${parameters.of(drift)}`;
}

function simpleVerdict({ drift, runnable }: DeviceFilter): readonly (readonly [string, string])[] {
  const all: readonly (readonly [string, string | undefined])[] = [
    ["runnable", runnable],
    ["drift", drift],
  ];
  return all.flatMap(([column, value]) => (value === undefined ? [] : [[column, value] as const]));
}
