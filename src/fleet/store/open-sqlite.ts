import { sha256 } from "../../platform/seals.js";
import type { Intake, Message } from "../arrival.js";
import type { IngestRules } from "../ingest/batch.js";
import { type Reading, readMessage } from "../ingest/read-message.js";
import type { Database } from "./database.js";
import { acknowledgedStatements, TO_ACKNOWLEDGE } from "./intake-statements.js";
import { keysIn } from "./keys-folder.js";
import { createPacking, type Packing } from "./packing.js";
import { migrateEngine, prepareEngine, SqliteCore } from "./sqlite-core.js";
import { openEngine } from "./sqlite-engine.js";
import { secureFile } from "./store-file.js";
import { type FilledOptions, filled, type StoreOptions } from "./store-options.js";

/** The fleet's store: rows to read and write, and what takes in messages. */
export type FleetStore = Database & Intake;

/** Opens a store in one file, which is created; `:memory:` stores nothing durably. */
export async function openSqlite(file: string, options: StoreOptions = {}): Promise<FleetStore> {
  const inMemory = file === ":memory:";
  if (!inMemory) secureFile(file);
  const all = filled(options);
  const packing = createPacking();
  const engine = openEngine(file);
  prepareEngine(engine);
  migrateEngine(engine, `the store "${file}"`);
  const reading = readingFor(all, packing);
  const core = new SqliteCore(engine, rulesFor(all, reading, packing), all);
  return {
    all: async (sql, parameters) => core.all(sql, parameters),
    write: async (statements) => core.write(statements),
    ingest: async (messages: readonly Message[]) =>
      core.ingest(messages.map((message) => readMessage(message, reading))),
    settle: async (at) => core.settle(at),
    acknowledged: async (sent) => void core.write(acknowledgedStatements(sent)),
    toAcknowledge: async (most) => core.all(TO_ACKNOWLEDGE, [most]) as never,
    giveUp: async (thing, epoch, by, at) => core.giveUp(thing, epoch, by, at),
    prune: async (at) => core.prune(at),
    unpack: (packed) => packing.unpack(packed),
    close: async () => engine.close(),
  };
}

/** What messages are read with. */
export function readingFor({ prefixes, keys }: FilledOptions, { pack }: Packing): Reading {
  return { prefixes, digest: sha256, pack, verify: keys === null ? () => null : keysIn(keys) };
}

/** What batches are applied with. */
export function rulesFor(
  { mustSign, heartbeatHours }: FilledOptions,
  reading: Reading,
  { unpack }: Packing,
): IngestRules {
  return { reading, unpack, mustSign, intervalMs: heartbeatHours * 3_600_000 };
}
