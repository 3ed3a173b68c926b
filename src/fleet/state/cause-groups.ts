import { brokenBy } from "../../drift/remedies/remedy.js";
import type { Reader, Row } from "../store/database.js";
import { isNarrow, isUnstorable, jobNamed, selectsNothing, selectThings } from "./device-filter.js";
import { openThen, ruleIn } from "./finding-rows.js";
import type { PointInTime } from "./freshness.js";
import { keyOf, limitOf, pageOf, partsOf } from "./page-keys.js";
import { allOf, Parameters } from "./parameters.js";
import { deltaIn } from "./past-device.js";
import { numberIn, textIn, textOrNull, textsIn } from "./row-values.js";
import { outcomeIn, severityIn, weightOf } from "./verdict-rank.js";
import type { Cause, DeviceFilter, Page, Paged } from "./views.js";

/** The numbers of a cause, before it is described. */
export interface CauseGroup {
  readonly cause: string;
  readonly weight: number;
  readonly things: number;
  readonly since: string;
  readonly last: string;
}

const MOST_CAUSES = 10_000;
const FIRST_THINGS = 8;
/**
 * For how many findings of a cause a list reads the fix and its side effects, which are alike. A cause's own page reads
 * all.
 */
const SAMPLED = 100;

/**
 * All causes that a filter selects, most severe first, then most frequent. A finding that follows from another one of
 * its device is not a cause, unless the filter names its cause or rule.
 */
export async function groupCauses(
  reader: Reader,
  filter: DeviceFilter,
  moment: PointInTime,
): Promise<readonly CauseGroup[]> {
  if (selectsNothing(filter)) return [];
  const parameters = new Parameters();
  const own = filter.cause === undefined && filter.rule === undefined ? ["f.follows IS NULL"] : [];
  const where = allOf([...conditionsOf(filter, moment, parameters), ...own]);
  const sql = `SELECT f.cause, min(f.severity) AS severity, min(f.outcome) AS outcome, count(DISTINCT f.thing) AS things, min(f.since) AS since, max(f.since) AS last FROM finding f WHERE ${where} GROUP BY f.cause ORDER BY things DESC, f.cause LIMIT ${MOST_CAUSES}`;
  const rows = await reader.all(sql, parameters.values);
  return rows.map(groupIn).sort(byGravity);
}

/** A page of the causes, described. */
export async function describeCauses(
  reader: Reader,
  groups: readonly CauseGroup[],
  filter: DeviceFilter,
  page: Page,
  moment: PointInTime,
): Promise<Paged<Cause>> {
  const limit = limitOf(page);
  const after = partsOf(page.after, [0, 0, ""]);
  const passed = ({ weight, things, cause }: CauseGroup) =>
    after === null || byGravity({ weight: after[0], things: after[1], cause: after[2] }, { weight, things, cause }) < 0;
  const left = groups.filter(passed).slice(0, limit + 1);
  const { items, next } = pageOf(left, limit, ({ weight, things, cause }) => keyOf(weight, things, cause));
  const described = await Promise.all(items.map((group) => describe(reader, group, filter, moment)));
  return { items: described.flatMap((cause) => (cause === null ? [] : [cause])), next };
}

/** One cause; null if no finding has it. */
export async function oneCause(reader: Reader, cause: string, moment: PointInTime): Promise<Cause | null> {
  if (isUnstorable(cause)) return null;
  const [group] = await groupCauses(reader, { cause }, moment);
  if (group === undefined) return null;
  const [described, remedies] = await Promise.all([
    describe(reader, group, { cause }, moment),
    allRemedies(reader, cause, moment),
  ]);
  return described === null ? null : { ...described, breaks: brokenByFirst(remedies) };
}

async function describe(
  reader: Reader,
  group: CauseGroup,
  filter: DeviceFilter,
  moment: PointInTime,
): Promise<Cause | null> {
  const [rows, change] = await Promise.all([
    sample(reader, group.cause, filter, moment),
    changeBehind(reader, group, filter, moment),
  ]);
  const [row] = rows;
  if (row === undefined) return null;
  const { cause, things, since, last } = group;
  return {
    cause,
    rule: ruleIn(row),
    expected: textOrNull(row, "expected"),
    actual: textOrNull(row, "actual"),
    outcome: outcomeIn(textIn(row, "outcome")),
    severity: severityIn(textIn(row, "severity")),
    because: textIn(row, "because"),
    things,
    since,
    last,
    first: [...new Set(rows.map((one) => textIn(one, "thing")))].slice(0, FIRST_THINGS),
    change,
    remedy: mostFrequent(rows.map((one) => textsIn(one, "remedy"))),
    breaks: brokenByFirst(rows),
  };
}

/** The oldest findings of a cause. Selects their keys first, which an index covers. */
async function sample(
  reader: Reader,
  cause: string,
  filter: DeviceFilter,
  moment: PointInTime,
): Promise<readonly Row[]> {
  const parameters = new Parameters();
  const where = allOf(conditionsOf({ ...filter, cause }, moment, parameters));
  const keys = `SELECT f.thing, f.project, f.job, f.fingerprint, f.since FROM finding f WHERE ${where} ORDER BY f.since, f.thing LIMIT ${SAMPLED}`;
  const same = ["thing", "project", "job", "fingerprint", "since"].map((column) => `g.${column} = k.${column}`);
  const sql = `SELECT g.thing, g.rule, g.expected, g.actual, g.outcome, g.severity, g.because, g.remedy FROM (${keys}) k JOIN finding g ON ${allOf(same)} ORDER BY g.since, g.thing`;
  return reader.all(sql, parameters.values);
}

const MOST_REMEDIES = 200;

/** Every different list of fixes among a cause's findings: what a fix breaks depends on the other jobs of a device. */
async function allRemedies(reader: Reader, cause: string, moment: PointInTime): Promise<readonly Row[]> {
  const parameters = new Parameters();
  const where = allOf(conditionsOf({ cause }, moment, parameters));
  const sql = `SELECT f.remedy, count(*) AS number FROM finding f WHERE ${where} GROUP BY f.remedy ORDER BY number DESC, f.remedy LIMIT ${MOST_REMEDIES}`;
  return reader.all(sql, parameters.values);
}

/** The jobs that the first fix would break, without duplicates. */
function brokenByFirst(rows: readonly Row[]): readonly string[] {
  return [...new Set(rows.flatMap((row) => brokenBy(textsIn(row, "remedy")[0] ?? "") ?? []))];
}

/** The change of the device that came with most of the findings, if it came with at least half of them. */
async function changeBehind(
  reader: Reader,
  { cause, things }: CauseGroup,
  filter: DeviceFilter,
  moment: PointInTime,
): Promise<Cause["change"]> {
  const parameters = new Parameters();
  const where = allOf([...conditionsOf({ ...filter, cause }, moment, parameters), "f.change_id IS NOT NULL"]);
  const sql = `SELECT f.change_id, count(DISTINCT f.thing) AS things, min(f.since) AS since, max(f.since) AS last FROM finding f WHERE ${where} GROUP BY f.change_id ORDER BY things DESC, f.change_id LIMIT 1`;
  const [row] = await reader.all(sql, parameters.values);
  if (row === undefined || 2 * numberIn(row, "things") < things) return null;
  const [change] = await reader.all("SELECT delta FROM change WHERE id = $1 LIMIT 1", [textIn(row, "change_id")]);
  if (change === undefined) return null;
  return {
    delta: deltaIn(change),
    things: numberIn(row, "things"),
    from: textIn(row, "since"),
    to: textIn(row, "last"),
  };
}

/**
 * Conditions for findings `f` that say something about a device, of the things that the filter selects; a rule, job and
 * cause are the finding's own.
 */
function conditionsOf(filter: DeviceFilter, moment: PointInTime, parameters: Parameters): readonly string[] {
  const { rule, cause, ...rest } = filter;
  const { job, ...ofThing } = rest;
  const where = [openThen("f", moment.isNow ? null : parameters.of(moment.at)), "f.outcome IN ('DRIFT', 'UNKNOWN')"];
  if (cause !== undefined) where.push(`f.cause = ${parameters.of(cause)}`);
  if (rule !== undefined) where.push(`f.rule = ${parameters.of(rule)}`);
  if (job !== undefined) {
    const named = jobNamed(job);
    where.push(`f.project = ${parameters.of(named.project)} AND f.job = ${parameters.of(named.job)}`);
  }
  if (isNarrow(ofThing)) where.push(`f.thing IN (${selectThings(rest, moment, parameters)})`);
  return where;
}

function groupIn(row: Row): CauseGroup {
  return {
    cause: textIn(row, "cause"),
    weight: weightOf(severityIn(textIn(row, "severity")), outcomeIn(textIn(row, "outcome"))),
    things: numberIn(row, "things"),
    since: textIn(row, "since"),
    last: textIn(row, "last"),
  };
}

type Gravity = Pick<CauseGroup, "weight" | "things" | "cause">;

function byGravity(a: Gravity, b: Gravity): number {
  return b.weight - a.weight || b.things - a.things || (a.cause < b.cause ? -1 : a.cause > b.cause ? 1 : 0);
}

function mostFrequent(lists: readonly (readonly string[])[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const list of lists) counts.set(JSON.stringify(list), (counts.get(JSON.stringify(list)) ?? 0) + 1);
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  return most === undefined ? [] : (JSON.parse(most[0]) as string[]);
}
