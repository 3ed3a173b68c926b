import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { laterByTimer } from "../../src/base/clock.js";
import { openPostgres } from "../../src/fleet/store/open-postgres.js";
import { openSqlite } from "../../src/fleet/store/open-sqlite.js";
import { isPostgresAddress } from "../../src/fleet/store/store-address.js";
import { startPostgres } from "../../test/fleet/store/postgres-server.js";
import { type Phase, phasesOf, type Return } from "./day.js";
import { fillStore, postgresTables, sqliteTables } from "./fill-store.js";
import { type Played, play } from "./play.js";
import { type ReceiverProcess, startReceiver } from "./receivers.js";
import type { FleetReports } from "./reports.js";

/** One engine's day. */
interface DayOptions {
  readonly engine: "sqlite" | "postgres";
  readonly receivers: number;
  readonly things: number;
  readonly folder: string;
  /** The built receiver-process.ts, and the built threads of the store. */
  readonly program: string;
  readonly worker: URL;
  readonly reports: FleetReports;
  readonly returns: readonly Return[];
  readonly waiting: number;
  readonly random: () => number;
  readonly squeeze: number;
  readonly returning: number;
  readonly say: (text: string) => void;
}

/** What was measured of a phase. */
export interface MeasuredPhase extends Omit<Played, "lagMs"> {
  readonly phase: Phase;
  /** In milliseconds; multiplied like the queue where a smaller phase was played. */
  readonly lag: { readonly p50: number; readonly p99: number; readonly most: number };
  /** While a receiver was at work. */
  readonly storedPerSecond: number;
  /** Of a message, in milliseconds: of the receivers, and of the database server. */
  readonly cpuMs: number;
  readonly serverCpuMs: number;
  /** Of all receivers together, and of the database server. */
  readonly rssMb: number;
  readonly serverRssMb: number;
  readonly storeMb: number;
}

export interface MeasuredDay {
  readonly engine: DayOptions["engine"];
  readonly receivers: number;
  readonly fillSeconds: number;
  readonly filledMb: number;
  readonly phases: readonly MeasuredPhase[];
}

const DAY_MS = Date.UTC(2026, 10, 30);
const HOUR_MS = 3_600_000;
const BEGINS = { heartbeats: DAY_MS, wave: DAY_MS + 2 * HOUR_MS, return: DAY_MS + 9 * HOUR_MS };
const SERVER_SETTINGS = ["shared_buffers=1GB", "max_wal_size=4GB"];
const STORE_BYTES = `SELECT sum(pg_total_relation_size(oid)) AS bytes FROM pg_class
  WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace`;
/** Fields of /proc/PID/stat behind the name: the parent, the time used, and that of children that have ended. */
const PARENT = 1;
const OWN_TICKS = [11, 12];
const ENDED_TICKS = [13, 14];
const TICKS_PER_SECOND = 100;

/** Fills a store with all things, and plays the day's parts against receivers that store them. */
export async function runDay(options: DayOptions): Promise<MeasuredDay> {
  const server = options.engine === "postgres" ? await startPostgres(SERVER_SETTINGS) : null;
  try {
    const store = server === null ? join(options.folder, "fleet.db") : await server.database();
    const from = performance.now();
    await fill(store, options);
    const fillSeconds = (performance.now() - from) / 1_000;
    const filledMb = await storeMb(store);
    options.say(
      `${options.engine}: ${options.things} things in ${fillSeconds.toFixed(0)} s, ${filledMb.toFixed(0)} MB`,
    );
    const starting = Array.from({ length: options.receivers }, () =>
      startReceiver(options.program, store, options.worker),
    );
    const receivers = await Promise.all(starting);
    const phases: MeasuredPhase[] = [];
    for (const phase of phasesOf({ ...options, isJetson: options.reports.isJetson })) {
      phases.push(await measure(phase, receivers, store, options));
    }
    await Promise.all(receivers.map((receiver) => receiver.close()));
    const { engine, receivers: number } = options;
    return { engine, receivers: number, fillSeconds, filledMb, phases };
  } finally {
    await server?.stop();
  }
}

async function fill(address: string, { engine, things, reports }: DayOptions): Promise<void> {
  const store = await (engine === "postgres" ? openPostgres : openSqlite)(address);
  const first = Array.from({ length: reports.kinds }, (_, thing) => reports.first(thing, DAY_MS - 24 * HOUR_MS));
  const { acknowledge } = await store.ingest(first.flat());
  await store.acknowledged(acknowledge);
  await store.close();
  const tables = engine === "postgres" ? await postgresTables(address) : sqliteTables(address);
  await fillStore(tables, engine, reports.kinds, things);
  await tables.close();
}

async function measure(
  phase: Phase,
  receivers: readonly ReceiverProcess[],
  store: string,
  { reports, say }: DayOptions,
): Promise<MeasuredPhase> {
  const before = await usageOf(receivers);
  const storedBefore = storedBy(receivers);
  const { lagMs, ...played } = await play(phase.arrivals(), {
    receivers,
    nowMs: () => performance.now(),
    later: laterByTimer,
    beginsMs: BEGINS[phase.name as keyof typeof BEGINS],
    make: reports.next,
  });
  const after = await usageOf(receivers);
  checkStored(receivers, storedBy(receivers) - storedBefore, played.messages);
  const at = (share: number) => phase.times * (lagMs[Math.floor(share * (lagMs.length - 1))] ?? 0);
  const { messages, busyMs } = played;
  say(`  ${phase.title}: ${messages} messages played, ${Math.round((messages / busyMs) * 1_000)} a second`);
  return {
    ...played,
    longestQueue: Math.round(phase.times * played.longestQueue),
    longestAtMs: phase.times * played.longestAtMs,
    phase,
    lag: { p50: at(0.5), p99: at(0.99), most: at(1) },
    storedPerSecond: (messages / busyMs) * 1_000,
    cpuMs: (after.cpuMs - before.cpuMs) / messages,
    serverCpuMs: (after.serverCpuMs - before.serverCpuMs) / messages,
    rssMb: after.rssMb,
    serverRssMb: after.serverRssMb,
    storeMb: await storeMb(store),
  };
}

function storedBy(receivers: readonly ReceiverProcess[]): number {
  return receivers.reduce((sum, { counts }) => sum + counts.reports + counts.heartbeats, 0);
}

function checkStored(receivers: readonly ReceiverProcess[], stored: number, messages: number): void {
  const wrong = receivers.some(({ counts }) => counts.refused + counts.conflicts + counts.duplicates > 0);
  if (!wrong && stored === messages) return;
  const counts = JSON.stringify(receivers.map((receiver) => receiver.counts));
  throw new Error(`Expected ${messages} reports to be stored, each once: ${counts}`);
}

/** What receivers and their database server have used so far. */
async function usageOf(receivers: readonly ReceiverProcess[]) {
  const usages = await Promise.all(receivers.map((receiver) => receiver.usage()));
  const pids = [...new Set(usages.flatMap(({ serverPids }) => serverPids))];
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return {
    cpuMs: sum(usages.map(({ cpuMs }) => cpuMs)),
    rssMb: sum(usages.map(({ rssMb }) => rssMb)),
    serverCpuMs: serverCpuMs(pids),
    serverRssMb: sum(pids.map(pssMbOf)),
  };
}

/** The time that a database server has used: its processes of now, and what the first of them has waited for. */
function serverCpuMs(pids: readonly number[]): number {
  const [one] = pids;
  if (one === undefined) return 0;
  const ticks = (pid: number, ...fields: readonly number[]) => {
    const found = statOf(pid);
    return fields.reduce((sum, field) => sum + Number(found[field] ?? 0), 0);
  };
  const parent = Number(statOf(one)[PARENT]);
  const all = [ticks(parent, ...OWN_TICKS, ...ENDED_TICKS), ...pids.map((pid) => ticks(pid, ...OWN_TICKS))];
  return (all.reduce((sum, each) => sum + each, 0) / TICKS_PER_SECOND) * 1_000;
}

/** The fields of /proc/PID/stat behind the program's name; none when the process is gone. */
function statOf(pid: number): readonly string[] {
  return read(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, "")
    .split(" ");
}

/** Its memory, with its share of what it shares with others. */
function pssMbOf(pid: number): number {
  return Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) / 1_000;
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

async function storeMb(store: string): Promise<number> {
  if (!isPostgresAddress(store)) {
    const bytes = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    return (bytes(store) + bytes(`${store}-wal`)) / 1e6;
  }
  const tables = await postgresTables(store);
  const [row] = await tables.rows(STORE_BYTES);
  await tables.close();
  return Number(row?.bytes) / 1e6;
}
