import type { Reader, Row } from "../store/database.js";
import { deviceIsKnown, heardAtSql, selectsNothing, selectThings } from "./device-filter.js";
import { byWeight, FINDING_COLUMNS, findingView, openThen } from "./finding-rows.js";
import { freshnessOf, type PointInTime } from "./freshness.js";
import { limitOf, pageOf } from "./page-keys.js";
import { Parameters } from "./parameters.js";
import { byThing, LATEST_FIRST, pastDevice } from "./past-device.js";
import { pastVerdict } from "./past-verdict.js";
import { numberIn, objectIn, textIn, textOrNull } from "./row-values.js";
import { driftIn, runnableIn } from "./verdict-rank.js";
import type { DeviceFilter, DeviceItem, FindingView, Page, Paged } from "./views.js";

/** The names that a filter selects, in their order. */
export async function listThings(
  reader: Reader,
  filter: DeviceFilter,
  page: Page,
  moment: PointInTime,
): Promise<Paged<string>> {
  if (selectsNothing({ ...filter, q: `${filter.q ?? ""}${page.after ?? ""}` })) return { items: [], next: null };
  const limit = limitOf(page);
  const parameters = new Parameters();
  const sql = selectThings(filter, moment, parameters, { after: page.after, limit: limit + 1 });
  const rows = await reader.all(sql, parameters.values);
  return pageOf(
    rows.map((row) => textIn(row, "thing")),
    limit,
    (thing) => thing,
  );
}

/** How many things a filter selects. */
export async function countThings(reader: Reader, filter: DeviceFilter, moment: PointInTime): Promise<number> {
  if (selectsNothing(filter)) return 0;
  const parameters = new Parameters();
  const sql = `SELECT count(*) AS things FROM (${selectThings(filter, moment, parameters)}) c`;
  const [row] = await reader.all(sql, parameters.values);
  return row === undefined ? 0 : numberIn(row, "things");
}

/** The devices that a filter selects, in the order of their names. */
export async function listDevices(
  reader: Reader,
  filter: DeviceFilter,
  page: Page,
  moment: PointInTime,
): Promise<Paged<DeviceItem>> {
  const { items, next } = await listThings(reader, filter, page, moment);
  return { items: await deviceItems(reader, items, moment), next };
}

/** The items of the named things that exist, in the given order. */
export async function deviceItems(
  reader: Reader,
  things: readonly string[],
  moment: PointInTime,
): Promise<readonly DeviceItem[]> {
  if (things.length === 0) return [];
  const [rows, worst, past] = await Promise.all([
    thingRows(reader, things, moment),
    worstFindings(reader, things, moment),
    moment.isNow ? null : pastOf(reader, things, moment),
  ]);
  return things.flatMap((thing) => {
    const row = rows.get(thing);
    if (row === undefined) return [];
    const open = worst.get(thing) ?? null;
    return [past === null ? itemNow(row, open, moment) : itemThen(row, open, past(thing), moment)];
  });
}

function itemNow(row: Row, worst: FindingView | null, moment: PointInTime): DeviceItem {
  const heardAt = textOrNull(row, "heard");
  const [drift, runnable] = [textOrNull(row, "drift"), textOrNull(row, "runnable")];
  const online = row.online ?? null;
  return {
    thing: textIn(row, "thing"),
    state: freshnessOf(heardAt, moment),
    online: online === null ? null : Number(online) === 1,
    heardAt,
    drift: drift === null ? null : driftIn(drift),
    runnable: runnable === null ? null : runnableIn(runnable),
    since: textOrNull(row, "since"),
    jobs: numberIn(row, "jobs"),
    product: textOrNull(row, "product"),
    jetpack: textOrNull(row, "jetpack"),
    arch: textOrNull(row, "arch"),
    worst: worstOf(worst),
  };
}

interface Past {
  /** All states that had begun, with `until` for those that are over. */
  readonly states: readonly Row[];
  readonly changes: readonly Row[];
}

function itemThen(row: Row, worst: FindingView | null, past: Past, moment: PointInTime): DeviceItem {
  const heardAt = textOrNull(row, "heard");
  const device = numberIn(row, "known") === 1 ? pastDevice(objectIn(row, "device"), past.changes) : null;
  const named = (key: string) => {
    const value = device?.[key];
    return typeof value === "string" ? value : null;
  };
  return {
    thing: textIn(row, "thing"),
    state: freshnessOf(heardAt, moment),
    online: null,
    heardAt,
    ...pastVerdict(past.states, moment.at),
    product: named("product"),
    jetpack: named("jetpack"),
    arch: named("arch"),
    worst: worstOf(worst),
  };
}

function worstOf(finding: FindingView | null): DeviceItem["worst"] {
  if (finding === null) return null;
  const { rule, expected, actual, severity, cause } = finding;
  return { rule, expected, actual, severity, cause };
}

async function thingRows(
  reader: Reader,
  things: readonly string[],
  moment: PointInTime,
): Promise<ReadonlyMap<string, Row>> {
  const parameters = new Parameters();
  const heard = moment.isNow ? "t.last_heard" : heardAtSql(moment, parameters);
  const known = () => `CASE WHEN ${deviceIsKnown(moment, parameters)} THEN 1 ELSE 0 END`;
  const device = moment.isNow ? "" : `, t.device, ${known()} AS known`;
  const sql = `SELECT t.thing, t.online, ${heard} AS heard, t.drift, t.runnable, t.since, t.jobs, t.product, t.jetpack, t.arch${device} FROM thing t WHERE t.thing IN ${parameters.in(things)}`;
  const rows = await reader.all(sql, parameters.values);
  return new Map(rows.map((row) => [textIn(row, "thing"), row]));
}

async function worstFindings(
  reader: Reader,
  things: readonly string[],
  moment: PointInTime,
): Promise<ReadonlyMap<string, FindingView>> {
  const parameters = new Parameters();
  const then = openThen("f", moment.isNow ? null : parameters.of(moment.at));
  const sql = `SELECT ${FINDING_COLUMNS} FROM finding f WHERE ${then} AND f.thing IN ${parameters.in(things)}`;
  const groups = byThing(await reader.all(sql, parameters.values));
  return new Map(
    [...groups].flatMap(([thing, rows]) => {
      const [worst] = rows.map(findingView).sort(byWeight);
      return worst === undefined ? [] : [[thing, worst]];
    }),
  );
}

async function pastOf(
  reader: Reader,
  things: readonly string[],
  moment: PointInTime,
): Promise<(thing: string) => Past> {
  const forStates = new Parameters();
  const begun = (until: string, table: string) =>
    `SELECT thing, job, drift, runnable, since, ${until} AS until FROM ${table} WHERE since <= ${forStates.of(moment.at)} AND thing IN ${forStates.in(things)}`;
  const states = `${begun("NULL", "state")} UNION ALL ${begun("until", "past_state")}`;
  const forChanges = new Parameters();
  const changes = `SELECT thing, delta FROM change WHERE at > ${forChanges.of(moment.at)} AND thing IN ${forChanges.in(things)} ${LATEST_FIRST}`;
  const [stateRows, changeRows] = await Promise.all([
    reader.all(states, forStates.values),
    reader.all(changes, forChanges.values),
  ]);
  const [byState, byChange] = [byThing(stateRows), byThing(changeRows)];
  return (thing) => ({ states: byState.get(thing) ?? [], changes: byChange.get(thing) ?? [] });
}
