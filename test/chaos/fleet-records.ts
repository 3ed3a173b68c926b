import { DatabaseSync } from "@photostructure/sqlite";
import pg from "pg";
import { groupBy } from "../../src/base/group-by.js";
import type { FleetDevice, Made } from "./fleet-device.js";

type Row = Readonly<Record<string, string | number | null>>;

/** Reads a store beside the process that writes it, or after that was killed. */
export interface StoreRecords {
  rows(sql: string): Promise<readonly Row[]>;
}

export function sqliteRecords(file: string): StoreRecords {
  return {
    async rows(sql) {
      const database = new DatabaseSync(file, { readOnly: true });
      try {
        return database.prepare(sql).all() as Row[];
      } finally {
        database.close();
      }
    },
  };
}

export function postgresRecords(url: string): StoreRecords {
  return {
    async rows(sql) {
      const client = new pg.Client({ connectionString: url });
      client.on("error", () => undefined);
      await client.connect();
      try {
        return (await client.query<Row>(sql)).rows;
      } finally {
        await client.end().catch(() => undefined);
      }
    },
  };
}

/** What a store has of each sequence. */
interface Account {
  has(thing: string, epoch: string, sequence: number): "stored" | "named" | null;
  readonly stored: number;
}

export async function accountOf(records: StoreRecords): Promise<Account> {
  const reports = await records.rows("SELECT thing, epoch, sequence FROM report");
  const lost = await records.rows("SELECT thing, epoch, from_sequence, to_sequence FROM lost");
  const stored = new Set(reports.map(({ thing, epoch, sequence }) => `${thing} ${epoch} ${sequence}`));
  const ranges = groupBy(lost, ({ thing, epoch }) => `${thing} ${epoch}`);
  return {
    stored: stored.size,
    has(thing, epoch, sequence) {
      if (stored.has(`${thing} ${epoch} ${sequence}`)) return "stored";
      const isNamed = (ranges.get(`${thing} ${epoch}`) ?? []).some(
        ({ from_sequence, to_sequence }) => Number(from_sequence) <= sequence && sequence <= Number(to_sequence),
      );
      return isNamed ? "named" : null;
    },
  };
}

/** Sequences that a device was told are stored, and that the store neither has nor names. */
export function acknowledgedInVain(
  devices: readonly Pick<FleetDevice, "thing" | "acknowledged">[],
  account: Account,
): readonly string[] {
  return devices.flatMap(({ thing, acknowledged }) =>
    [...acknowledged].flatMap(([epoch, upTo]) =>
      Array.from({ length: upTo }, (_, at) => at + 1).flatMap((sequence) =>
        account.has(thing, epoch, sequence) === null ? [`${thing} ${epoch}.${sequence}`] : [],
      ),
    ),
  );
}

/** What was made and is neither stored nor named. */
export function missing(devices: readonly FleetDevice[], account: Account): readonly Made[] {
  return devices.flatMap(({ thing, made }) =>
    made.filter(({ epoch, sequence }) => account.has(thing, epoch, sequence) === null),
  );
}

/** The newest word of each thing, as the store has it: `born` and sequence, which only grow. */
export async function newestOf(records: StoreRecords): Promise<ReadonlyMap<string, readonly [number, number]>> {
  const rows = await records.rows(
    "SELECT thing, chosen_born, chosen_sequence FROM thing WHERE chosen_born IS NOT NULL",
  );
  return new Map(
    rows.map((row) => [String(row.thing), [Number(row.chosen_born), Number(row.chosen_sequence)] as const]),
  );
}

/** The things whose newest word is older than it was before. */
export function wentBack(
  before: ReadonlyMap<string, readonly [number, number]>,
  after: ReadonlyMap<string, readonly [number, number]>,
): readonly string[] {
  return [...before].flatMap(([thing, [born, sequence]]) => {
    const [bornNow, sequenceNow] = after.get(thing) ?? [0, 0];
    return bornNow > born || (bornNow === born && sequenceNow >= sequence) ? [] : [thing];
  });
}

/** The things whose stored verdict is not the one of the newest report that they did not lose. */
export async function otherVerdicts(
  records: StoreRecords,
  devices: readonly FleetDevice[],
): Promise<readonly string[]> {
  const rows = await records.rows("SELECT thing, drift FROM thing");
  const stored = new Map(rows.map(({ thing, drift }) => [thing, drift]));
  return devices.flatMap(({ thing, made }) => {
    const newest = made.filter(({ isLost }) => !isLost).at(-1);
    return newest === undefined || stored.get(thing) === newest.drift ? [] : [thing];
  });
}
