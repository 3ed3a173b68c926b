import { TRIGGERS } from "../../report/report.js";
import type { Reader, Row, Unpack } from "../store/database.js";
import { isUnstorable } from "./device-filter.js";
import { FINDING_COLUMNS, findingView } from "./finding-rows.js";
import { keyOf, limitOf, pageOf, partsOf, refuseKey } from "./page-keys.js";
import { Parameters } from "./parameters.js";
import { deltaIn } from "./past-device.js";
import { numberIn, textIn, textOrNull } from "./row-values.js";
import { driftIn, runnableIn } from "./verdict-rank.js";
import type { HistoryItem, Page, Paged, RawReport } from "./views.js";

/** An item with its position in the list. */
interface KeyedItem {
  readonly item: HistoryItem;
  readonly rank: number;
  /** Unique among items of the same time and rank. */
  readonly parts: readonly [string, string, string, string | number];
}

/** One kind of item: the source of its rows, and their keys apart from the time, the same number for all kinds. */
interface Source {
  readonly select: string;
  readonly at: string;
  readonly keys: readonly [string, string, string, string];
  /** The type of the last key in the cursor. */
  readonly lastIs: "text" | "number";
  readonly where: string;
  toItem(row: Row): HistoryItem;
}

// Items of the same time, newest first: a finding opens or closes by a report, which comes after a change of the
// device.
const SOURCES: readonly Source[] = [
  {
    select: `${FINDING_COLUMNS} FROM finding f`,
    at: "f.until",
    keys: ["f.project", "f.job", "f.fingerprint", "f.since"],
    lastIs: "text",
    where: "f.thing = $1 AND f.until IS NOT NULL",
    toItem: (row) => ({ kind: "closed", at: textIn(row, "until"), finding: findingView(row) }),
  },
  {
    select: `${FINDING_COLUMNS} FROM finding f`,
    at: "f.since",
    keys: ["f.project", "f.job", "f.fingerprint", "f.since"],
    lastIs: "text",
    where: "f.thing = $1",
    toItem: (row) => ({ kind: "opened", at: textIn(row, "since"), finding: findingView(row) }),
  },
  {
    select:
      "f.epoch, f.sequence, f.kind, f.trigger_kind, f.project, f.job, f.drift, f.runnable, f.checked_at, f.received_at FROM report f",
    at: "f.received_at",
    keys: ["f.epoch", "f.epoch", "f.epoch", "f.sequence"],
    lastIs: "number",
    where: "f.thing = $1",
    toItem: reportItem,
  },
  {
    select: "f.at, f.delta, f.trigger_kind, f.id FROM change f",
    at: "f.at",
    keys: ["f.id", "f.id", "f.id", "f.id"],
    lastIs: "text",
    where: "f.thing = $1",
    toItem: (row) => ({
      kind: "change",
      at: textIn(row, "at"),
      delta: deltaIn(row),
      trigger: textIn(row, "trigger_kind"),
    }),
  },
];

/** What happened on a device, newest first; if `until` (ISO 8601) is given, nothing after that. */
export async function historyOf(
  reader: Reader,
  thing: string,
  page: Page,
  until: string | null = null,
): Promise<Paged<HistoryItem>> {
  if (isUnstorable(thing)) return { items: [], next: null };
  const limit = limitOf(page);
  const after = cursorOf(page.after);
  const asked = { thing, limit, after, until };
  const lists = await Promise.all(SOURCES.map((source, rank) => itemsOf(reader, source, rank, asked)));
  const placed = lists.flat().sort(newestFirst);
  const { items, next } = pageOf(placed, limit, ({ item, rank, parts }) => keyOf(item.at, rank, ...parts));
  return { items: items.map(({ item }) => item), next };
}

/** A stored report as it came. */
export async function storedReport(
  reader: Reader,
  unpack: Unpack,
  thing: string,
  epoch: string,
  sequence: number,
): Promise<RawReport | null> {
  if (isUnstorable(thing) || isUnstorable(epoch) || !Number.isSafeInteger(sequence)) return null;
  const sql = "SELECT received_at, dictionary, body FROM report WHERE thing = $1 AND epoch = $2 AND sequence = $3";
  const [row] = await reader.all(sql, [thing, epoch, sequence]);
  if (row === undefined || !(row.body instanceof Uint8Array)) return null;
  const text = await unpack({ dictionary: numberIn(row, "dictionary"), body: row.body });
  return { receivedAt: textIn(row, "received_at"), text };
}

type Cursor = { readonly at: string; readonly rank: number; readonly parts: KeyedItem["parts"] } | null;

function cursorOf(after: string | undefined): Cursor {
  const isNumber = /,\d+\]$/.test(after ?? "");
  const parts = partsOf(after, ["", 0, "", "", "", isNumber ? 0 : ""]);
  if (parts === null) return null;
  const [at, rank, ...rest] = parts;
  if ((SOURCES[rank]?.lastIs === "number") !== isNumber) refuseKey();
  return { at, rank, parts: rest };
}

interface HistoryQuery {
  readonly thing: string;
  readonly limit: number;
  readonly after: Cursor;
  /** ISO 8601; null: no end. */
  readonly until: string | null;
}

async function itemsOf(
  reader: Reader,
  source: Source,
  rank: number,
  { thing, limit, after, until }: HistoryQuery,
): Promise<readonly KeyedItem[]> {
  const { select, at, keys, where, toItem } = source;
  const parameters = new Parameters();
  parameters.of(thing);
  const rest = after === null ? "" : ` AND ${restOf(source, rank, after, parameters)}`;
  const past = until === null ? "" : ` AND ${at} <= ${parameters.of(until)}`;
  const order = [at, ...new Set(keys)].map((key) => `${key} DESC`).join(", ");
  const named = keys.map((key, index) => `${key} AS key${index}`).join(", ");
  const sql = `SELECT ${named}, ${select} WHERE ${where}${rest}${past} ORDER BY ${order} LIMIT ${limit + 1}`;
  const rows = await reader.all(sql, parameters.values);
  return rows.map((row) => ({
    item: toItem(row),
    rank,
    parts: [
      textIn(row, "key0"),
      textIn(row, "key1"),
      textIn(row, "key2"),
      source.lastIs === "number" ? numberIn(row, "key3") : textIn(row, "key3"),
    ],
  }));
}

/** The condition for the rows of a source after the cursor. */
function restOf(source: Source, rank: number, after: NonNullable<Cursor>, parameters: Parameters): string {
  if (rank < after.rank) return `${source.at} < ${parameters.of(after.at)}`;
  if (rank > after.rank) return `${source.at} <= ${parameters.of(after.at)}`;
  return `(${[source.at, ...source.keys].join(", ")}) < ${parameters.in([after.at, ...after.parts])}`;
}

function newestFirst(a: KeyedItem, b: KeyedItem): number {
  if (a.item.at !== b.item.at) return a.item.at < b.item.at ? 1 : -1;
  return a.rank - b.rank;
}

function reportItem(row: Row): HistoryItem {
  return {
    kind: "report",
    at: textIn(row, "received_at"),
    epoch: textIn(row, "epoch"),
    sequence: numberIn(row, "sequence"),
    report: {
      kind: textIn(row, "kind") === "HEARTBEAT" ? "HEARTBEAT" : "COMPLETE",
      trigger: TRIGGERS.find((one) => one === row.trigger_kind) ?? "SCHEDULE",
      drift: driftIn(textIn(row, "drift")),
      runnable: runnableIn(textIn(row, "runnable")),
      checkedAt: textIn(row, "checked_at"),
      project: textOrNull(row, "project") ?? "",
      job: textOrNull(row, "job") ?? "",
    },
  };
}
