import { messageOf } from "../../src/base/errors.js";
import type { ReportLoad } from "../../src/lab/fleet/report-load.js";
import { connectBroker } from "../../src/lab/mqtt-port.js";
import type { TestServer } from "../fleet/store/postgres-server.js";
import type { FleetProcess } from "../flows/fleet-process.js";
import type { StoreRecords } from "./fleet-records.js";
import { wait } from "./wait.js";

/** A page that people use. */
interface AskedReceiver {
  readonly process: FleetProcess;
  readonly isUp: boolean;
}

/** A server that knows when it was away. */
export interface WatchedServer extends Pick<TestServer, "kill" | "start"> {
  /** Whether it was up all the time since `outages()` gave this number. */
  wasUpSince(outages: number): boolean;
  outages(): number;
}

interface AskersParts {
  readonly brokerUrl: string;
  readonly receivers: readonly AskedReceiver[];
  readonly database: WatchedServer;
  readonly load: ReportLoad;
  readonly random: () => number;
}

const REQUEST_EVERY_MS = 4_000;
const PATIENCE_MS = 600_000;

export function watched(server: Pick<TestServer, "kill" | "start">): WatchedServer {
  let outages = 0;
  let isUp = true;
  return {
    kill() {
      outages += 1;
      isUp = false;
      return server.kill();
    },
    async start() {
      await server.start();
      isUp = true;
    },
    wasUpSince: (before) => isUp && outages === before,
    outages: () => outages,
  };
}

/** A person who asks some devices again and again, at any of the pages, and a look at what comes to them. */
export async function openAskers({ brokerUrl, receivers, database, load, random }: AskersParts) {
  const cloud = await connectBroker(brokerUrl, { reconnectMs: 50 });
  const arrived = new Map<string, number>();
  await cloud.subscribe("cmd/packdrift/v1/+/flush/req", 1, ({ topic, payload }) => {
    const key = `${topic} ${payload}`;
    arrived.set(key, (arrived.get(key) ?? 0) + 1);
  });
  const refused: string[] = [];
  const asking = setInterval(() => void ask(), REQUEST_EVERY_MS);
  const oneOf = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)];

  /** What fails is the receiver's fault only where neither it nor the database was killed meanwhile. */
  async function ask(): Promise<void> {
    const thing = oneOf(load.things().filter(({ acknowledged }) => acknowledged > 0))?.thing;
    const receiver = oneOf(receivers.filter(({ isUp }) => isUp));
    if (thing === undefined || receiver === undefined) return;
    const { process } = receiver;
    const outages = database.outages();
    const problem = await requestOf(process, thing.slice(0, -2)).catch(messageOf);
    const isUp = receiver.isUp && receiver.process === process && database.wasUpSince(outages);
    if (problem !== null && isUp) refused.push(problem);
  }

  const unsent = "SELECT count(*) AS count FROM request_thing WHERE sent_at IS NULL";
  return {
    /** Asks nothing more; resolves once all is sent, or at last with what is not. */
    async end(records: StoreRecords) {
      clearInterval(asking);
      if (refused.length > 0) throw new Error(`${refused.length} requests failed at receivers that ran: ${refused[0]}`);
      let open = 1;
      for (const limit = Date.now() + PATIENCE_MS; open > 0 && Date.now() < limit; await wait(500)) {
        open = Number((await records.rows(unsent))[0]?.count);
      }
      const [row] = await records.rows("SELECT count(*) AS count FROM request_thing");
      const twice = [...arrived.values()].filter((times) => times > 1).length;
      return { requests: Number(row?.count), unsent: open, twice };
    },
    async close() {
      clearInterval(asking);
      await cloud.close();
    },
  };
}

/** Asks the devices whose names contain a text to send what they have; returns what is wrong with the answer. */
async function requestOf(process: FleetProcess, q: string): Promise<string | null> {
  const url = await process.url();
  const response = await fetch(new URL("/api/requests", url), {
    method: "POST",
    headers: { "content-type": "application/json", origin: new URL(url).origin },
    body: JSON.stringify({ command: "flush", filter: { q } }),
  });
  const text = await response.text();
  return response.status === 202 ? null : `HTTP ${response.status}: ${text}`;
}
