import { ExpectedError } from "../../base/errors.js";
import { carriedSeal, isBrokenLink } from "../ingest/chain-links.js";
import { reportKey } from "../ingest/loaded.js";
import type { Reader, Row, Unpack } from "../store/database.js";
import { LATEST } from "../store/intake-statements.js";
import { AnswerCache } from "./answer-cache.js";
import type { PointInTime } from "./freshness.js";
import { keyOf } from "./page-keys.js";
import { numberIn, textIn } from "./row-values.js";
import type { ChainFaultView } from "./views.js";

const MOST_COMPARED = 500;
/** Pages of devices are refreshed as reports arrive: how many of them may be open at once. */
const MOST_DEVICES = 50;
/** How late a fault may be shown that is not in the newest report, because it arrived out of order. */
const AGES = { freshMs: 30_000, staleMs: 30_000 };

/** Where the chain of a device's stored reports is broken, newest first. */
export type ChainFaults = (thing: string, moment: PointInTime) => Promise<readonly ChainFaultView[]>;

/**
 * Reads the reports only if the intake has found a fault on any device, which is not so in most fleets. The result is
 * reused until the next report of the device, for half a minute at most.
 */
export function chainFaults(reader: Reader, unpack: Unpack, now: () => number): ChainFaults {
  const found = new AnswerCache<readonly ChainFaultView[]>(now, MOST_DEVICES);
  return async (thing, { isNow, at }) => {
    if (!(await hasFaults(reader))) return [];
    const until = isNow ? LATEST : at;
    const [newest] = await reader.all(`SELECT epoch, sequence ${reportsOf(1)}`, [thing, until]);
    if (newest === undefined) return [];
    const key = keyOf(thing, until, textIn(newest, "epoch"), numberIn(newest, "sequence"));
    return found.get(key, () => readFaults(reader, unpack, thing, until), AGES);
  };
}

const reportsOf = (most: number) =>
  `FROM report WHERE thing = $1 AND received_at <= $2 ORDER BY received_at DESC LIMIT ${most}`;

async function hasFaults(reader: Reader): Promise<boolean> {
  const [total] = await reader.all(
    "SELECT CAST(sum(value) AS bigint) AS faults FROM total WHERE name = 'chain_faults'",
  );
  return Number(total?.faults ?? 0) > 0;
}

async function readFaults(
  reader: Reader,
  unpack: Unpack,
  thing: string,
  until: string,
): Promise<readonly ChainFaultView[]> {
  const rows = await reader.all(
    `SELECT epoch, sequence, received_at, seal, dictionary, body ${reportsOf(MOST_COMPARED)}`,
    [thing, until],
  );
  const keyAt = (row: Row, sequence: number) => reportKey({ thing, epoch: textIn(row, "epoch"), sequence });
  const seals = new Map(rows.map((row) => [keyAt(row, numberIn(row, "sequence")), textIn(row, "seal")]));
  const faults: ChainFaultView[] = [];
  for (const row of rows) {
    const sequence = numberIn(row, "sequence");
    const before = seals.get(keyAt(row, sequence - 1));
    if (before === undefined || !isBrokenLink(before, await previousIn(row, unpack))) continue;
    faults.push({ epoch: textIn(row, "epoch"), sequence, receivedAt: textIn(row, "received_at") });
  }
  return faults;
}

/** The seal that a stored report carries; null if its text cannot be read. */
async function previousIn(row: Row, unpack: Unpack): Promise<string | null> {
  if (!(row.body instanceof Uint8Array)) return null;
  try {
    return carriedSeal(await unpack({ dictionary: numberIn(row, "dictionary"), body: row.body }));
  } catch (error) {
    if (error instanceof ExpectedError) return null;
    throw error;
  }
}
