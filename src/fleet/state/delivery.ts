import { missingSpans, type Span } from "../ingest/epoch-progress.js";
import type { Reader, Row, SqlValue } from "../store/database.js";
import { keyOf, limitOf, pageOf, partsOf } from "./page-keys.js";
import { Parameters } from "./parameters.js";
import type { RefusedMessage } from "./refused-message.js";
import { numberIn, rangesIn, textIn, textOrNull } from "./row-values.js";
import type { DeliveryCounts, EpochView, GapView, Page, Paged, RefusedMessages } from "./views.js";

type Range = EpochView["missing"][number];

/** What happened to every sequence that devices assigned. */
export async function deliveryOf(reader: Reader): Promise<DeliveryCounts> {
  const [totals, missing, refused] = await Promise.all([
    reader.all("SELECT name, CAST(sum(value) AS bigint) AS value FROM total GROUP BY name"),
    reader.all("SELECT CAST(sum(missing) AS bigint) AS missing FROM epoch WHERE missing > 0 AND settles_at IS NULL"),
    reader.all("SELECT reason, count AS number, last_at, topic, why, sample FROM refused ORDER BY reason"),
  ]);
  const values = new Map(totals.map((row) => [textIn(row, "name"), numberIn(row, "value")]));
  const total = (name: string) => values.get(name) ?? 0;
  return {
    reports: total("reports"),
    heartbeats: total("heartbeats"),
    duplicates: total("duplicates"),
    conflicts: total("conflicts"),
    named: total("named"),
    givenUp: total("given_up"),
    missing: missing[0] === undefined ? 0 : numberIn(missing[0], "missing"),
    refused: refused.map(refusedMessages),
  };
}

/**
 * Ranges that are missing before later ones and not reported as lost, of the things heard longest ago first. Without
 * epochs whose first reports may still come, see ingest/settle.ts.
 */
export async function listGaps(reader: Reader, page: Page): Promise<Paged<GapView>> {
  const limit = limitOf(page);
  const after = partsOf(page.after, ["", "", "", 0]);
  // The previous page may have ended within an epoch.
  const passed = (gap: GapView) =>
    after !== null &&
    gap.heardAt === after[0] &&
    gap.thing === after[1] &&
    gap.epoch === after[2] &&
    gap.from <= after[3];
  const gaps: GapView[] = [];
  let from: EpochCursor | null = after === null ? null : { isPassed: false, key: after.slice(0, 3) };
  for (;;) {
    const rows = await epochsWithGaps(reader, from, limit + 1);
    gaps.push(...rows.flatMap(gapsIn).filter((gap) => !passed(gap)));
    const last = rows.at(-1);
    if (gaps.length > limit || last === undefined || rows.length <= limit)
      return pageOf(gaps, limit, (gap) => keyOf(gap.heardAt, gap.thing, gap.epoch, gap.from));
    from = { isPassed: true, key: [textIn(last, "heard"), textIn(last, "thing"), textIn(last, "epoch")] };
  }
}

/** An epoch in the list, and whether it has been read. */
interface EpochCursor {
  readonly isPassed: boolean;
  readonly key: readonly SqlValue[];
}

function epochsWithGaps(reader: Reader, from: EpochCursor | null, most: number): Promise<readonly Row[]> {
  const parameters = new Parameters();
  const then =
    from === null ? "" : ` AND (heard, thing, epoch) ${from.isPassed ? ">" : ">="} ${parameters.in(from.key)}`;
  return reader.all(
    `SELECT thing, epoch, heard, contiguous, stored, named FROM epoch WHERE missing > 0 AND settles_at IS NULL${then} ORDER BY heard, thing, epoch LIMIT ${most}`,
    parameters.values,
  );
}

/** What is missing in a row of `epoch`, see missingSpans. */
export function missingRanges(row: Row): readonly Range[] {
  const spans = missingSpans({
    contiguous: numberIn(row, "contiguous"),
    stored: rangesIn(row, "stored").map(([from = 0, to = 0]): Span => [from, to]),
    named: rangesIn(row, "named").map(([fromSequence = 0, toSequence = 0, count = 0]) => {
      return { fromSequence, toSequence, count };
    }),
  });
  return spans.map(([from, to]) => ({ from, to }));
}

function gapsIn(row: Row): readonly GapView[] {
  const [thing, epoch, heardAt] = [textIn(row, "thing"), textIn(row, "epoch"), textIn(row, "heard")];
  return missingRanges(row).map(({ from, to }) => ({ thing, epoch, from, to, heardAt }));
}

/** The last messages of each reason, newest first. */
export async function listRefused(reader: Reader, page: Page): Promise<Paged<RefusedMessage>> {
  const limit = limitOf(page);
  const after = partsOf(page.after, ["", 0]);
  const parameters = new Parameters();
  const rest = after === null ? "1 = 1" : behind(after, parameters);
  const known = "CASE WHEN EXISTS (SELECT 1 FROM thing t WHERE t.thing = m.thing) THEN 1 ELSE 0 END AS known";
  const sql = `SELECT reason, number, thing, ${known}, at, topic, why, sample FROM refused_message m WHERE ${rest} ORDER BY reason, number DESC LIMIT ${limit + 1}`;
  const rows = await reader.all(sql, parameters.values);
  const { items, next } = pageOf(rows, limit, (row) => keyOf(textIn(row, "reason"), numberIn(row, "number")));
  return { items: items.map(refusedMessage), next };
}

function behind([reason, number]: readonly [string, number], parameters: Parameters): string {
  const same = parameters.of(reason);
  return `(reason > ${same} OR reason = ${same} AND number < ${parameters.of(number)})`;
}

function refusedMessage(row: Row): RefusedMessage {
  return {
    reason: textIn(row, "reason"),
    at: textIn(row, "at"),
    thing: textOrNull(row, "thing"),
    known: numberIn(row, "known") === 1,
    ...refusalIn(row),
  };
}

function refusedMessages(row: Row): RefusedMessages {
  return {
    reason: textIn(row, "reason"),
    count: numberIn(row, "number"),
    lastAt: textIn(row, "last_at"),
    ...refusalIn(row),
  };
}

function refusalIn(row: Row) {
  const { sample } = row;
  return {
    topic: textIn(row, "topic"),
    why: textIn(row, "why"),
    sample: sample instanceof Uint8Array ? shown(sample) : "",
  };
}

/** Bytes as text; bytes that are not text, and control characters, as `\xNN`. */
function shown(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes);
  const isText = !text.includes("\uFFFD") && !/[^\P{Cc}\t\n\r]/u.test(text);
  if (isText) return text;
  const hex = (byte: number) => `\\x${byte.toString(16).padStart(2, "0")}`;
  return Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : hex(byte))).join("");
}
