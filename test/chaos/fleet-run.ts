import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectBroker, type MqttPort } from "../../src/lab/mqtt-port.js";
import { startPostgres, type TestServer } from "../fleet/store/postgres-server.js";
import { type FleetProcess, startFleetProcess } from "../flows/fleet-process.js";
import { makeCertificates } from "./certificates.js";
import { type DeviceMessage, type FleetDevice, fleetDevice } from "./fleet-device.js";
import {
  accountOf,
  acknowledgedInVain,
  missing,
  newestOf,
  otherVerdicts,
  postgresRecords,
  type StoreRecords,
  sqliteRecords,
  wentBack,
} from "./fleet-records.js";
import { type Mosquitto, mosquitto } from "./mosquitto.js";
import { wait } from "./wait.js";

/** What a run came to. `lost`, `inVain`, `backwards`, `wrong`, `strange` and `untold` must be 0. */
interface FleetTally {
  readonly faults: number;
  readonly made: number;
  readonly stored: number;
  readonly named: number;
  /** Neither stored nor named. */
  readonly lost: number;
  /** Acknowledged and neither stored nor named, at the end or after any kill. */
  readonly inVain: number;
  /** Things whose newest word became an older one. */
  readonly backwards: number;
  /** Things whose verdict is not that of their newest report. */
  readonly wrong: number;
  /** Acknowledgements that a device cannot read, or of what it never made. */
  readonly strange: number;
  /** Times that the store took nothing, and /healthz and the delivery page said so. */
  readonly told: number;
  /** Times that they did not. */
  readonly untold: number;
  readonly refused: number;
}

interface FleetRunOptions {
  readonly things: number;
  readonly reports: number;
  /** So many faults at least. */
  readonly faults: number;
  readonly random: () => number;
}

interface World {
  readonly broker: Mosquitto;
  readonly postgres: TestServer | null;
  readonly random: () => number;
  readonly folder: string;
  fleet(): FleetProcess;
  restart(): void;
  send(message: DeviceMessage): void;
  readonly devices: readonly FleetDevice[];
  /** Called while the store accepts nothing; `page` is what the delivery page then says. */
  checkTold(page: RegExp): Promise<void>;
}

const AGAIN_MS = 1_500;
/** How many unacknowledged reports a device resends at a time, one after the other, as the component does. */
const MOST_RESENT = 5;
/** Devices make no new reports while this many are unacknowledged. */
const MOST_UNACKNOWLEDGED = 1_000;
const PATIENCE_MS = 240_000;

/** What goes wrong, once for each call. Beside it, messages always come in any order, some twice, long ones in parts. */
export const FLEET_FAULTS: Readonly<Record<string, (world: World) => Promise<void>>> = {
  async "receiver killed"({ fleet, restart, random }) {
    // From its first moments to long after it has begun to store.
    await wait(random() * 2_500);
    await fleet().kill();
    restart();
  },
  async "broker killed"({ broker, random, fleet }) {
    await wait(300 + random() * 1_500);
    const times = fleet().events("broker.subscribed").length + 1;
    await broker.kill();
    await wait(random() * 500);
    await broker.start();
    // The receiver rests for up to half a minute between connections that do not last: each kill is to hit one.
    await fleet().logged("broker.subscribed", times);
  },
  async "PostgreSQL killed"({ postgres, random, checkTold }) {
    await wait(500 + random() * 1_500);
    await postgres?.kill();
    await wait(random() * 1_000);
    await checkTold(/The store cannot be used now/);
    await postgres?.start();
  },
  async "disk full"({ folder, random, fleet, checkTold }) {
    const ballast = join(folder, "ballast");
    const failures = () => fleet().events("store.failed").length;
    const before = failures();
    await wait(300 + random() * 1_000);
    try {
      writeFileSync(ballast, Buffer.alloc(256 * 2 ** 20));
    } catch {
      // It is as full as it gets.
    }
    await wait(200 + random() * 1_500);
    // It stays stuck until there is room.
    if (failures() > before) await checkTold(/Nothing can be stored now/);
    rmSync(ballast, { force: true });
  },
  async "clock that jumps"({ random }) {
    await wait(random() * 400);
  },
  async "forged, oversized"({ send, devices, random }) {
    const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)];
    const [device, other] = [pick(devices), pick(devices)];
    const stored = pick((device?.made ?? []).filter((each) => !device?.outbox.has(each) && !each.isLost));
    const [message] = stored?.messages ?? [];
    const topic = `dt/packdrift/v1/${other?.thing}/report`;
    if (message !== undefined) {
      // Another content under an id that is stored, and the report of another thing.
      send({ ...message, payload: message.payload.replace(/"checkedAt":"2026/, '"checkedAt":"2027') });
      if (device !== other) send({ ...message, topic });
    }
    send({ topic, payload: "x".repeat(150_000) });
    send({ topic, payload: `{"schema":"packdrift.report/1","id":${"[".repeat(2_000)}` });
    send({ topic: `dt/packdrift/v1/${"t".repeat(300)}/report`, payload: "{}" });
    await wait(20);
  },
};

/** Runs the built fleet against devices that report until they are acknowledged, under one kind of fault. */
export async function fleetRun(kind: string, options: FleetRunOptions): Promise<FleetTally> {
  const { random } = options;
  const fault = FLEET_FAULTS[kind];
  if (fault === undefined) throw new Error(`There is no fault "${kind}"`);
  const folder = mkdtempSync(join(tmpdir(), "packdrift-fleet-chaos-"));
  makeCertificates(folder);
  const broker = await mosquitto(folder);
  await broker.start();
  const disk = kind === "disk full" ? smallDisk(folder) : null;
  const postgres = kind === "PostgreSQL killed" ? await startPostgres() : null;
  const store = postgres === null ? join(disk?.path ?? folder, "fleet.db") : await postgres.database();
  const records = postgres === null ? sqliteRecords(store) : postgresRecords(store);
  const args = ["--broker", `mqtt://127.0.0.1:${broker.plainPort}`, "--store", store, "--client-id", "chaos"];
  const env =
    kind === "clock that jumps"
      ? { NODE_OPTIONS: `--require ${join(import.meta.dirname, "../../test/chaos/clock-jumps.cjs")}` }
      : {};
  let fleet = startFleetProcess(args, { env });
  const devices = Array.from({ length: options.things }, (_, at) => fleetDevice(`line-${at}`, random));
  const field = await openField(broker, devices, random);
  const checks = openChecks(records, devices);
  const telling = { told: 0, untold: 0 };
  const world: World = {
    broker,
    postgres,
    random,
    folder: disk?.path ?? folder,
    fleet: () => fleet,
    restart: () => {
      fleet = startFleetProcess(args, { env });
    },
    send: field.send,
    devices,
    async checkTold(page) {
      const isTold = await saysSo(await fleet.url(), page);
      telling[isTold ? "told" : "untold"] += 1;
    },
  };
  let faults = 0;
  let isDone = false;
  const disturbing = (async () => {
    await fleet.logged("broker.subscribed");
    while (!isDone || faults < options.faults) {
      await fault(world);
      faults += 1;
      if (kind === "receiver killed" || faults % 10 === 0) await checks.look();
    }
  })();
  try {
    const perRound = Math.max(1, Math.round(options.reports / (options.faults * 20)));
    const hasRoom = () => field.unacknowledged() < MOST_UNACKNOWLEDGED;
    for (let limit = 0; field.tally().made < options.reports || faults < options.faults; ) {
      if (hasRoom()) limit = Date.now() + PATIENCE_MS;
      if (Date.now() > limit) break;
      for (let at = 0; at < perRound && hasRoom(); at++) field.make();
      await wait(15 + random() * 30);
    }
    isDone = true;
    await disturbing;
    for (const limit = Date.now() + PATIENCE_MS; field.unacknowledged() > 0 && Date.now() < limit; ) await wait(50);
    const waiting = field.unacknowledged();
    if (waiting > 0) throw new Error(`${waiting} reports are not acknowledged: ${fleet.output().slice(-4_000)}`);
    await checks.look();
    await fleet.stop();
    return { faults, ...field.tally(), ...telling, ...(await checks.tally()) };
  } finally {
    isDone = true;
    await fleet.kill();
    await field.close();
    await broker.kill();
    await postgres?.stop();
    disk?.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The devices on the network: what they make is sent in any order, some of it twice, and again until it is acknowledged. */
async function openField(broker: Mosquitto, devices: readonly FleetDevice[], random: () => number) {
  const cloud: MqttPort = await connectBroker(`mqtt://127.0.0.1:${broker.plainPort}`, { reconnectMs: 50 });
  const strange: string[] = [];
  let waiting: DeviceMessage[] = [];
  await cloud.subscribe("cmd/packdrift/v1/+/ack/req", 1, ({ topic, payload }) => {
    const device = devices.find(({ thing }) => topic.split("/")[3] === thing);
    const fault = device === undefined ? `nobody is ${topic}` : device.acknowledge(payload.toString());
    if (fault !== null) strange.push(fault);
  });
  const send = ({ topic, payload }: DeviceMessage) => void cloud.publish(topic, payload, { qos: 1 }).catch(() => {});
  const flush = setInterval(() => {
    const sending = waiting.sort(() => random() - 0.5).splice(0, Math.ceil(waiting.length * random()));
    for (const message of sending) send(message);
    for (const message of sending) if (random() < 0.05) waiting.push(message);
  }, 20);
  let turns = 0;
  const resent = ({ outbox }: FleetDevice) => {
    const all = [...outbox];
    const from = (turns % Math.max(1, Math.ceil(all.length / MOST_RESENT))) * MOST_RESENT;
    return all.slice(from, from + MOST_RESENT).flatMap(({ messages }) => messages);
  };
  const unacknowledged = () => devices.reduce((sum, { outbox }) => sum + outbox.size, 0);
  const again = setInterval(() => {
    if (!cloud.online) return;
    for (const device of devices) waiting.push(...resent(device));
    turns += 1;
  }, AGAIN_MS);
  return {
    send,
    make() {
      const device = devices[Math.floor(random() * devices.length)];
      device?.make();
      waiting.push(...(device?.made.at(-1)?.messages ?? []));
    },
    unacknowledged,
    tally: () => ({ made: devices.reduce((sum, { made }) => sum + made.length, 0), strange: strange.length }),
    async close() {
      clearInterval(flush);
      clearInterval(again);
      waiting = [];
      await cloud.close();
    },
  };
}

/** Compares the store with what devices made and were told. */
function openChecks(records: StoreRecords, devices: readonly FleetDevice[]) {
  let newest = new Map<string, readonly [number, number]>() as Awaited<ReturnType<typeof newestOf>>;
  const inVain = new Set<string>();
  const backwards = new Set<string>();
  return {
    async look(): Promise<void> {
      try {
        // As it is before the store is read: what is acknowledged meanwhile may be stored meanwhile.
        const before = devices.map(({ thing, acknowledged }) => ({ thing, acknowledged: new Map(acknowledged) }));
        for (const each of acknowledgedInVain(before, await accountOf(records))) inVain.add(each);
        const now = await newestOf(records);
        for (const thing of wentBack(newest, now)) backwards.add(thing);
        newest = now;
      } catch (error) {
        // PostgreSQL is down just now.
        if (!/ECONNREFUSED|ENOENT|terminat|starting up|shutting down|recovery/.test(String(error))) throw error;
      }
    },
    async tally() {
      const account = await accountOf(records);
      const lost = missing(devices, account);
      const [refused] = await records.rows("SELECT sum(count) AS count FROM refused");
      const made = devices.reduce((sum, device) => sum + device.made.length, 0);
      return {
        stored: account.stored,
        named: made - account.stored - lost.length,
        lost: lost.length,
        inVain: inVain.size,
        backwards: backwards.size,
        wrong: (await otherVerdicts(records, devices)).length,
        refused: Number(refused?.count ?? 0),
      };
    },
  };
}

/** Whether /healthz and the delivery page say so when the fleet's store accepts nothing. */
async function saysSo(url: string, page: RegExp): Promise<boolean> {
  const health = await fetch(new URL("/healthz", url));
  const text = await (await fetch(new URL("/delivery", url))).text();
  return health.status === 503 && page.test(text);
}

/** A file system that the ballast fills, and that has room for a long run's store with the 64 MB of its log. */
function smallDisk(folder: string) {
  const path = mkdtempSync(join(folder, "disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=200m", "tmpfs", path], { stdio: "pipe" });
  return { path, remove: () => execFileSync("umount", ["-l", path], { stdio: "pipe" }) };
}
