// A receiver without its broker, as a process of its own: the fleet's collector, store and acknowledgements.
import { laterByTimer as later } from "../../src/base/clock.js";
import { type Log, silentLog } from "../../src/base/log.js";
import type { Ingested } from "../../src/fleet/arrival.js";
import { acknowledgeDevices } from "../../src/fleet/feed/acknowledge-devices.js";
import { collector } from "../../src/fleet/feed/collector.js";
import { sendToDevices } from "../../src/fleet/feed/send-to-devices.js";
import { TOPIC_PREFIXES } from "../../src/fleet/ingest/fleet-topics.js";
import { receiveMessages, type SentMessages } from "../../src/fleet/store/arrival-transfer.js";
import { openPostgres } from "../../src/fleet/store/open-postgres.js";
import { openSqlite } from "../../src/fleet/store/open-sqlite.js";
import { isPostgresAddress } from "../../src/fleet/store/store-address.js";

/** A command to a receiver. */
export type ToReceiver =
  | { readonly kind: "open"; readonly store: string; readonly worker: string }
  | { readonly kind: "messages"; readonly sent: SentMessages }
  | { readonly kind: "usage" }
  | { readonly kind: "close" };

/** A receiver's event: `stored` once it would acknowledge to the broker. */
export type FromReceiver =
  | { readonly kind: "ready" }
  | { readonly kind: "stored"; readonly messages: number; readonly counts: Ingested["counts"] }
  | { readonly kind: "usage"; readonly usage: Usage };

export interface Usage {
  /** Of all its threads, since its start. */
  readonly cpuMs: number;
  readonly rssMb: number;
  /** Database connections of its own server, if it has one. */
  readonly serverPids: readonly number[];
}

const log: Log = {
  ...silentLog,
  warn: (event, fields) => console.error(event, JSON.stringify(fields)),
  error: (event, fields) => console.error(event, JSON.stringify(fields)),
};
const say = (message: FromReceiver) => process.send?.(message);

process.on("disconnect", () => process.exit(1));
process.once("message", (message: ToReceiver) => {
  if (message.kind === "open") void receive(message.store, new URL(message.worker));
});

async function receive(address: string, worker: URL): Promise<void> {
  const store = await (isPostgresAddress(address) ? openPostgres : openSqlite)(address, { worker });
  const acknowledgements = acknowledgeDevices({
    intake: store,
    prefixes: TOPIC_PREFIXES,
    log,
    later,
    wake: () => sender.wake(),
  });
  const sender = sendToDevices({
    publish: async () => {},
    isConnected: () => true,
    lanes: [acknowledgements],
    perSecond: null,
    log,
    nowMs: () => performance.now(),
    later,
  });
  let stored = 0;
  const acknowledge = () => {
    stored += 1;
  };
  const messages = collector({
    intake: store,
    log,
    later,
    random: Math.random,
    // There is no broker that could hold messages.
    mostWaitingBytes: Number.POSITIVE_INFINITY,
    onStuck: () => {},
    redeliver: () => {},
    onStored({ acknowledge: sequences, counts }) {
      acknowledgements.add(sequences);
      // Once the messages of the batch are acknowledged.
      setImmediate(() => {
        say({ kind: "stored", messages: stored, counts });
        stored = 0;
      });
    },
  });
  process.on("message", (message: ToReceiver) => {
    if (message.kind === "messages") {
      for (const each of receiveMessages(message.sent)) messages.take({ ...each, isHeld: () => true, acknowledge });
    } else if (message.kind === "usage") void usage().then((found) => say({ kind: "usage", usage: found }));
    else if (message.kind === "close") void close();
  });
  say({ kind: "ready" });

  async function usage(): Promise<Usage> {
    const { user, system } = process.cpuUsage();
    const pids = isPostgresAddress(address) ? await store.all("SELECT pid FROM pg_stat_activity") : [];
    return {
      cpuMs: (user + system) / 1_000,
      rssMb: process.memoryUsage.rss() / 1e6,
      serverPids: pids.map((row) => Number((row as Readonly<Record<string, unknown>>).pid)),
    };
  }

  async function close(): Promise<void> {
    await messages.stop();
    await sender.stop();
    await acknowledgements.stop();
    await store.close();
    process.exit(0);
  }
}
