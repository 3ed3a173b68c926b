import { MessageChannel } from "node:worker_threads";
import { type Log, silentLog } from "../../base/log.js";
import type { Ingested, Intake, Packed, ReceivedMessage } from "../arrival.js";
import { readMessage } from "../ingest/read-message.js";
import { sendMessages } from "./arrival-transfer.js";
import { inRuns } from "./batch-order.js";
import type { Database, Row, SqlStatement, SqlValue } from "./database.js";
import { acknowledgedStatements, LATEST, settleInTurns, TO_ACKNOWLEDGE } from "./intake-statements.js";
import { READERS, SHORT_RUN } from "./message-reader.js";
import { StoreError } from "./migrate.js";
import { createPacking } from "./packing.js";
import { alone, type Peers } from "./peers.js";
import { readingFor } from "./rules.js";
import type { SqliteCore } from "./sqlite-core.js";
import { openCore } from "./sqlite-file.js";
import { type StoreEvents, storeEvents } from "./store-events.js";
import { filled, type StoreOptions } from "./store-options.js";
import { StoreThread } from "./store-thread.js";
import type { ReadRequest } from "./worker-protocol.js";

/** The fleet's store: rows to read and write, the intake of messages, and who else uses it. */
export type FleetStore = Database &
  Intake & {
    readonly peers: Peers;
    /** Resolves when the store has failed: nothing works any more. */
    readonly died: Promise<StoreError>;
  };

type CoreMethod = "write" | "settle" | "giveUp" | "prune";

type CoreMethods = {
  readonly [M in CoreMethod]: (...parameters: Parameters<SqliteCore[M]>) => ReturnType<SqliteCore[M]>;
};

/** The store's parts, in this thread or in others. */
interface Work {
  all<R = Row>(sql: string, parameters: readonly SqlValue[]): Promise<readonly R[]>;
  scan(sql: string, parameters: readonly SqlValue[]): Promise<readonly Row[]>;
  /** Calls a method of SqliteCore. */
  core<M extends CoreMethod>(method: M, ...parameters: Parameters<SqliteCore[M]>): Promise<ReturnType<SqliteCore[M]>>;
  ingest(messages: readonly ReceivedMessage[]): Promise<Ingested>;
  close(): Promise<void>;
}

/**
 * Opens a store in one file, creating it if necessary. With `options.worker` the work is done in threads: some read and
 * pack messages, one writes, one answers quick queries and one slow ones. Without it, and for `:memory:`, which stores
 * nothing durably, everything is done in this thread.
 */
export async function openSqlite(file: string, options: StoreOptions = {}, log: Log = silentLog): Promise<FleetStore> {
  const { worker = null, ...others } = options;
  const all = filled(others);
  const events = storeEvents(all.keys, log);
  const isHere = worker === null || file === ":memory:";
  const work = isHere ? workHere(file, all, events) : await workInThreads(worker, file, all, events);
  const packing = createPacking();
  return {
    peers: alone(),
    died: events.died,
    all: (sql, parameters = []) => work.all(sql, parameters),
    scans: { all: (sql, parameters = []) => work.scan(sql, parameters) },
    write: (statements: readonly SqlStatement[]) => work.core("write", statements),
    ingest: (messages) => work.ingest(messages),
    settle: (at) => settleInTurns(() => work.core("settle", at)),
    acknowledged: async (sent) => void (await work.core("write", acknowledgedStatements(sent))),
    toAcknowledge: (most, heardBefore = LATEST) => work.all(TO_ACKNOWLEDGE, [most, heardBefore]),
    giveUp: (thing, epoch, by, at, shown) => work.core("giveUp", thing, epoch, by, at, shown ?? null),
    prune: (at) => work.core("prune", at),
    unpack: (packed: Packed) => packing.unpack(packed),
    close: () => work.close(),
  };
}

type Filled = ReturnType<typeof filled>;

function workHere(file: string, options: Filled, { onListing }: StoreEvents): Work {
  const core = openCore(file, options, onListing);
  const reading = readingFor(options, createPacking(), onListing);
  const methods: CoreMethods = core;
  const all: Work["all"] = async (sql, parameters) => core.all(sql, parameters);
  return {
    all,
    scan: all,
    core: async (method, ...parameters) => methods[method](...parameters),
    ingest: async (messages) => core.ingest(messages.map((message) => readMessage(message, reading))),
    close: async () => core.close(),
  };
}

async function workInThreads(worker: URL, file: string, options: Filled, events: StoreEvents): Promise<Work> {
  const channels = Array.from({ length: READERS }, () => new MessageChannel());
  const threads: StoreThread[] = [];
  const start = async (thread: StoreThread) => {
    threads.push(thread);
    await thread.ready();
    return thread;
  };
  const endAll = async () => {
    for (const thread of threads) await thread.end();
  };
  try {
    const from = channels.map(({ port2 }) => port2);
    const write = await start(new StoreThread(worker, { role: "write", file, options, from }, events, from));
    const [query, scan, ...readers] = await Promise.all([
      start(new StoreThread(worker, { role: "query", file }, events)),
      start(new StoreThread(worker, { role: "query", file }, events)),
      ...channels.map(({ port1 }) =>
        start(new StoreThread(worker, { role: "read", options, to: port1 }, events, [port1])),
      ),
    ]);
    for (const reader of readers) write.failWith(reader);
    let last = 0;
    let batches = 0;
    const next = () => {
      last += 1;
      return last;
    };
    return {
      all: (sql, parameters) => query.call(next(), "all", sql, parameters),
      scan: (sql, parameters) => scan.call(next(), "all", sql, parameters),
      core: (method, ...parameters) => write.call(next(), method, ...parameters),
      ingest(messages) {
        const id = next();
        const ingested = write.expect<Ingested>(id);
        batches += 1;
        const runs = inRuns(messages, READERS, SHORT_RUN);
        for (const [part, run] of runs.entries()) {
          const sent = sendMessages(run);
          const request: ReadRequest = { id, batch: batches, part, of: runs.length, ...sent };
          readers[part]?.post(request, [sent.bytes.buffer]);
        }
        return ingested;
      },
      async close() {
        for (const queries of [query, scan]) await queries.call(next(), "close");
        await write.call(next(), "close");
        await endAll();
      },
    };
  } catch (error) {
    await endAll();
    throw error instanceof StoreError ? error : new StoreError(`Cannot open the store "${file}"`, { cause: error });
  }
}
