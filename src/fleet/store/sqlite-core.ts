import type { Arrival, ShownGap } from "../arrival.js";
import { apply } from "../ingest/apply.js";
import type { Applied, IngestRules } from "../ingest/batch.js";
import { lateAmong } from "../ingest/chain-links.js";
import {
  type EpochKey,
  epochKey,
  type Loaded,
  MOST_LOST,
  mayBeStored,
  type Needed,
  neededFor,
  needsLost,
  type ReportKey,
} from "../ingest/loaded.js";
import { type EpochChanges, giveUpMissing, settleEpochs, settlesAt } from "../ingest/settle.js";
import type { WriteSet } from "../ingest/write-set.js";
import type { Row, SqlStatement, SqlValue } from "./database.js";
import { type GivenUp, givenUpBy, type Settled, settledOf, TO_SETTLE, TO_TIME } from "./intake-statements.js";
import { migrationsFrom, SQLITE, STORE_VERSION, StoreError, VERSION_TABLE } from "./migrate.js";
import { movedOn, type RetentionCursor, retentionSteps } from "./retention.js";
import type { EpochRow, FindingRow, LostRow, StateRow, ThingRow } from "./rows.js";
import { sideStatements, totalStatements } from "./side-statements.js";
import { type Engine, type EngineStatement, emptyLog, rollBack } from "./sqlite-engine.js";
import { rowsWhere } from "./sqlite-rows.js";
import { saveRows } from "./sqlite-save.js";
import { preparedOn } from "./sqlite-statements.js";
import type { FilledOptions } from "./store-options.js";

/** Prepares a connection: a commit is on disk when it returns. */
export function prepareEngine(engine: Engine): void {
  engine.exec("PRAGMA busy_timeout = 10000");
  engine.exec("PRAGMA journal_mode = WAL");
  engine.exec("PRAGMA synchronous = FULL");
  // Room for the inner pages of a million things' trees; the pages below come from the operating system's cache.
  engine.exec("PRAGMA cache_size = -32768");
  engine.exec("PRAGMA temp_store = MEMORY");
  // The log is checkpointed at 64 MB, so that pages that change repeatedly are written once.
  engine.exec("PRAGMA wal_autocheckpoint = 16000");
}

/**
 * Migrates a file to this program's version. Throws StoreError for a file of a later version, or one that is not ours.
 */
export function migrateEngine(engine: Engine, name: string): void {
  inTransaction(engine, () => {
    const tables = engine.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    const isOurs = tables.some((table) => table.name === "store_version");
    if (!isOurs && tables.length > 0) throw new StoreError(`Cannot open ${name}: it is another program's database`);
    if (!isOurs) engine.exec(`${VERSION_TABLE}; INSERT INTO store_version (number) VALUES (0)`);
    const version = Number(engine.prepare("SELECT number FROM store_version").get()?.number ?? 0);
    for (const sql of migrationsFrom(version, name, SQLITE)) engine.exec(sql);
    if (version !== STORE_VERSION) engine.prepare("UPDATE store_version SET number = ?1").run(STORE_VERSION);
  });
}

/** The synchronous work on one connection. */
export class SqliteCore {
  private readonly prepared: (sql: string) => EngineStatement;
  private cursor: RetentionCursor = new Map();

  constructor(
    private readonly engine: Engine,
    private readonly rules: IngestRules,
    private readonly options: FilledOptions,
  ) {
    this.prepared = preparedOn(engine);
  }

  /** Closes the connection, with everything in the one file. */
  close(): void {
    emptyLog(this.engine);
    this.engine.close();
  }

  /** `R` is the type of the statement's rows. */
  all<R = Row>(sql: string, parameters: readonly SqlValue[] = []): readonly R[] {
    return this.prepared(sql).all(...parameters) as R[];
  }

  write(statements: readonly SqlStatement[]): readonly (readonly Row[])[] {
    return inTransaction(this.engine, () => statements.map(({ sql, parameters }) => this.all(sql, parameters)));
  }

  ingest(arrivals: readonly Arrival[]): Applied["ingested"] {
    return inTransaction(this.engine, () => {
      const applied = apply(this.load(neededFor(arrivals)), arrivals, this.rules);
      this.save(applied.writes);
      for (const { sql, parameters } of sideStatements(applied, 0)) this.all(sql, parameters);
      return applied.ingested;
    });
  }

  settle(at: string): Settled {
    return inTransaction(this.engine, () => {
      const keys = this.all<EpochKey>(TO_SETTLE, [at]);
      const changes = settleEpochs(this.epochs(keys), this.lost(keys), at);
      this.saveChanges(changes);
      this.all(`UPDATE epoch SET settles_at = $1 WHERE (thing, epoch) IN (${TO_TIME})`, [settlesAt(at)]);
      const [timed] = this.all("SELECT changes() AS count");
      return settledOf(changes, keys.length, Number(timed?.count));
    });
  }

  giveUp(thing: string, epoch: string, by: string, at: string, shown: ShownGap | null): GivenUp | null {
    return inTransaction(this.engine, () => {
      const [row] = this.epochs([{ thing, epoch }]);
      const changes = row === undefined ? null : giveUpMissing(row, this.lost([{ thing, epoch }]), by, at, shown);
      if (changes === null) return null;
      this.saveChanges(changes);
      return givenUpBy(changes, thing, epoch);
    });
  }

  /** Deletes a chunk of what is too old. */
  prune(at: string): number {
    for (const { name, statement } of retentionSteps(at, this.options, this.cursor)) {
      const [rows = []] = this.write([statement]);
      if (rows.length === 0) continue;
      this.cursor = movedOn(
        this.cursor,
        name,
        rows.map((row) => row.at ?? null),
      );
      return rows.length;
    }
    this.cursor = new Map();
    return 0;
  }

  private saveChanges({ writes, totals }: EpochChanges): void {
    this.save(writes);
    for (const { sql, parameters } of totalStatements(totals, 0)) this.all(sql, parameters);
  }

  private epochs(keys: readonly EpochKey[]): readonly EpochRow[] {
    return keys.flatMap(({ thing, epoch }) => this.rows<EpochRow>(SELECT.epoch, [thing, epoch]));
  }

  private lost(keys: readonly EpochKey[]): readonly LostRow[] {
    return keys.flatMap(({ thing, epoch }) => this.rows<LostRow>(SELECT.lost, [thing, epoch]));
  }

  private load({ things, epochs, reports, parts }: Needed): Loaded {
    const ofReport = <R>(sql: string, keys: readonly ReportKey[]) =>
      keys.flatMap(({ thing, epoch, sequence }) => this.all<R>(sql, [thing, epoch, sequence]));
    const ends = things.flatMap((thing) => this.ends(thing));
    const known = new Map(ends.map((row) => [epochKey(row), row]));
    for (const key of epochs) {
      const [row] = known.has(epochKey(key)) ? [] : this.epochs([key]);
      if (row !== undefined) known.set(epochKey(row), row);
    }
    const isKnown = (key: ReportKey) => {
      const row = known.get(epochKey(key));
      return row !== undefined && mayBeStored(row, key.sequence);
    };
    const withLost = epochs.filter((key) => {
      const row = known.get(epochKey(key));
      return row !== undefined && needsLost(row, key);
    });
    const rows = epochs.flatMap((key) => known.get(epochKey(key)) ?? []);
    const lost = this.lost(withLost);
    return {
      things: things.flatMap((thing) => this.rows<ThingRow>(SELECT.thing, [thing])),
      epochs: rows,
      ends,
      states: things.flatMap((thing) => this.rows<StateRow>(SELECT.states, [thing])),
      findings: (thing) => this.rows<FindingRow>(SELECT.findings, [thing]),
      ended: ({ thing, project, job }) => this.all<Ended>(ENDED, [thing, project, job])[0]?.until ?? null,
      lost,
      parts: ofReport("SELECT * FROM part WHERE thing = $1 AND epoch = $2 AND sequence = $3", parts),
      seals: ofReport(
        "SELECT thing, epoch, sequence, seal, received_at FROM report WHERE thing = $1 AND epoch = $2 AND sequence = $3",
        reports.filter(isKnown),
      ),
      neighbours: ofReport(
        `SELECT thing, epoch, sequence, seal, dictionary, body FROM report
          WHERE thing = $1 AND epoch = $2 AND sequence IN ($3 - 1, $3 + 1)`,
        lateAmong({ epochs: rows, lost }, reports),
      ),
    };
  }

  /** The epochs of a thing; if there are many, the oldest and the newest. */
  private ends(thing: string): readonly EpochRow[] {
    const all = this.rows<EpochRow>(SELECT.epochs, [thing]);
    if (all.length <= FEW_EPOCHS) return all;
    return [...this.rows<EpochRow>(SELECT.newest, [thing]), ...this.rows<EpochRow>(SELECT.oldest, [thing])];
  }

  /** Reads the rows that a statement of `rowsWhere` selects. */
  private rows<R>(sql: string, parameters: readonly SqlValue[]): R[] {
    return this.prepared(sql)
      .all(...parameters)
      .map(({ text }) => JSON.parse(String(text)) as R);
  }

  private save(writes: WriteSet): void {
    saveRows(this.prepared, writes);
  }
}

/** Most things have one or two epochs. */
const FEW_EPOCHS = 8;

interface Ended {
  readonly until: string | null;
}
const ENDED = "SELECT max(until) AS until FROM past_state WHERE thing = $1 AND project = $2 AND job = $3";

const SELECT = {
  thing: rowsWhere("thing", "thing = $1"),
  states: rowsWhere("state", "thing = $1"),
  findings: rowsWhere("finding", "thing = $1 AND until IS NULL"),
  epoch: rowsWhere("epoch", "thing = $1 AND epoch = $2"),
  epochs: rowsWhere("epoch", `thing = $1 LIMIT ${FEW_EPOCHS + 1}`),
  newest: rowsWhere("epoch", "thing = $1 ORDER BY born DESC LIMIT 1"),
  oldest: rowsWhere("epoch", "thing = $1 ORDER BY born ASC LIMIT 1"),
  lost: rowsWhere("lost", `thing = $1 AND epoch = $2 ORDER BY from_sequence DESC LIMIT ${MOST_LOST}`),
};

function inTransaction<T>(engine: Engine, work: () => T): T {
  engine.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    engine.exec("COMMIT");
    return result;
  } catch (error) {
    rollBack(engine);
    throw error;
  }
}
