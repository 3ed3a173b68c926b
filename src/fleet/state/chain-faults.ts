import { ExpectedError } from "../../base/errors.js";
import { carriedSeal, isBrokenLink } from "../ingest/chain-links.js";
import type { Reader, Row, Unpack } from "../store/database.js";
import { LATEST } from "../store/intake-statements.js";
import type { Moment } from "./freshness.js";
import { numberIn, textIn } from "./row-values.js";
import type { ChainFaultView } from "./views.js";

const MOST_COMPARED = 500;

/**
 * Where the chain of a device's reports is broken, as they are stored, newest first. The reports are read only where the intake has
 * found a fault on any device: most fleets have none.
 */
export async function chainFaultsOf(
  reader: Reader,
  unpack: Unpack,
  thing: string,
  { isNow, at }: Moment,
): Promise<readonly ChainFaultView[]> {
  const [total] = await reader.all(
    "SELECT CAST(sum(value) AS bigint) AS faults FROM total WHERE name = 'chain_faults'",
  );
  if (Number(total?.faults ?? 0) === 0) return [];
  const rows = await reader.all(
    `SELECT epoch, sequence, received_at, seal, dictionary, body FROM report
     WHERE thing = $1 AND received_at <= $2 ORDER BY received_at DESC LIMIT ${MOST_COMPARED}`,
    [thing, isNow ? LATEST : at],
  );
  const seals = new Map(rows.map((row) => [keyOf(row, numberIn(row, "sequence")), textIn(row, "seal")]));
  const faults: ChainFaultView[] = [];
  for (const row of rows) {
    const sequence = numberIn(row, "sequence");
    const before = seals.get(keyOf(row, sequence - 1));
    if (before === undefined || !isBrokenLink(before, await previousIn(row, unpack))) continue;
    faults.push({ epoch: textIn(row, "epoch"), sequence, receivedAt: textIn(row, "received_at") });
  }
  return faults;
}

const keyOf = (row: Row, sequence: number) => `${textIn(row, "epoch")}\0${sequence}`;

/** The seal that a stored report carries; null where its text cannot be read. */
async function previousIn(row: Row, unpack: Unpack): Promise<string | null> {
  if (!(row.body instanceof Uint8Array)) return null;
  try {
    return carriedSeal(await unpack({ dictionary: numberIn(row, "dictionary"), body: row.body }));
  } catch (error) {
    if (error instanceof ExpectedError) return null;
    throw error;
  }
}
