import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ReportLoad, startLoad } from "../../src/lab/fleet/report-load.js";
import { readAnswers } from "../../src/lab/sample-archive.js";
import { answers, startHookServer } from "../fleet/alarms/hook-server.js";
import { startPostgres } from "../fleet/store/postgres-server.js";
import { startFleetProcess } from "../flows/fleet-process.js";
import { TOP } from "../flows/flow-parts.js";
import { openAskers, type WatchedServer, watched } from "./askers.js";
import { makeCertificates } from "./certificates.js";
import { postgresRecords, type StoreRecords } from "./fleet-records.js";
import { type Mosquitto, mosquitto } from "./mosquitto.js";
import { type SupervisedReceiver, superviseReceiver } from "./supervised-receiver.js";
import { wait } from "./wait.js";

/** What a run came to. `lost`, `inVain`, `behind` and `unsent` must be 0. */
interface ReceiversTally {
  /** Receivers killed, two at a time. */
  readonly killed: number;
  readonly brokerRestarts: number;
  readonly databaseRestarts: number;
  readonly made: number;
  readonly stored: number;
  /** Neither stored nor named as lost: unexplained. */
  readonly lost: number;
  /** Acknowledged and not stored, at the end or after any fault. */
  readonly inVain: number;
  /** Things whose state is not that of their newest report. */
  readonly behind: number;
  /** How often reports were sent again. */
  readonly resent: number;
  /** How often a duty was taken. */
  readonly taken: number;
  /** Requests to things, those that were never sent, and those that came to the thing more than once. */
  readonly requests: number;
  readonly unsent: number;
  readonly twice: number;
  /** Notices to the webhook, and those that came more than once. */
  readonly notices: number;
  readonly noticesTwice: number;
  /** From a report to its acknowledgement. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

interface ReceiversRunOptions {
  readonly receivers: number;
  readonly things: number;
  /** Reports a second. */
  readonly rate: number;
  /** Each thing reports so often at least. */
  readonly rounds: number;
  /** So many faults at least. */
  readonly faults: number;
  readonly random: () => number;
  readonly onProgress?: (text: string) => void;
}

interface World extends Omit<ReceiversRunOptions, "receivers"> {
  readonly broker: Mosquitto;
  readonly database: WatchedServer;
  readonly records: StoreRecords;
  readonly load: ReportLoad;
  readonly receivers: readonly SupervisedReceiver[];
}

/** In place of the 15 minutes after which devices send again. */
const RESEND_MS = 60_000;
const PATIENCE_MS = 600_000;
/** The share of faults that come while receivers still start. */
const UNPREPARED = 0.25;
const EVERY_SECOND = { everySeconds: 1, raise: 1, of: 1, clear: 1, atOnceThings: 1 };

/** Runs receivers on one group and one PostgreSQL against virtual devices, while two at a time are killed, and broker and database restarted. */
export async function receiversRun(options: ReceiversRunOptions): Promise<ReceiversTally> {
  const folder = mkdtempSync(join(tmpdir(), "packdrift-receivers-"));
  makeCertificates(folder);
  const broker = await mosquitto(folder);
  await broker.start();
  const postgres = await startPostgres();
  const database = watched(postgres);
  const url = await postgres.database();
  const hook = await startHookServer(answers(204));
  const start = receiverStarter(folder, broker, url, hook.url);
  const receivers = Array.from({ length: options.receivers }, (_, at) =>
    superviseReceiver(() => start(`chaos-${at + 1}`), database),
  );
  let load: ReportLoad | null = null;
  let askers: Awaited<ReturnType<typeof openAskers>> | null = null;
  try {
    await allReady(receivers);
    load = await loadOn(broker, options);
    askers = await openAskers({ brokerUrl: plainUrl(broker), receivers, database, load, random: options.random });
    const records = postgresRecords(url);
    const world: World = { ...options, broker, database, records, load, receivers };
    const disturbed = await disturb(world);
    await allReady(receivers);
    load.pause();
    const open = await load.acknowledged(PATIENCE_MS);
    if (open.length > 0) throw new Error(`${open.length} things are not acknowledged: ${lastWords(receivers)}`);
    const asked = await askers.end(records);
    const latencies = [...load.takeLatencies()].sort((a, b) => a - b);
    const account = await accountOf(records, load);
    const ids = hook.requests.map(({ body }) => String((JSON.parse(body) as { id?: unknown }).id));
    return {
      ...disturbed,
      ...account,
      ...asked,
      inVain: disturbed.inVain + account.inVain,
      resent: load.counts().resent,
      taken: receivers.reduce((sum, each) => sum + each.taken(), 0),
      notices: new Set(ids).size,
      noticesTwice: ids.length - new Set(ids).size,
      p50Ms: latencies[Math.floor(latencies.length * 0.5)] ?? 0,
      p99Ms: latencies[Math.floor(latencies.length * 0.99)] ?? 0,
    };
  } finally {
    await askers?.close();
    await load?.stop();
    await Promise.all(receivers.map((receiver) => receiver.kill()));
    await hook.close();
    await broker.kill();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function receiverStarter(folder: string, broker: Mosquitto, store: string, hookUrl: string) {
  const alarms = join(folder, "alarms.json");
  writeFileSync(alarms, JSON.stringify({ damping: EVERY_SECOND, webhooks: [{ name: "ops", url: hookUrl }] }));
  return (clientId: string) =>
    startFleetProcess([
      ...["--broker", plainUrl(broker), "--client-id", clientId, "--group", "chaos"],
      ...["--store", store, "--alarms", alarms, "--requests-per-second", "500"],
    ]);
}

async function allReady(receivers: readonly SupervisedReceiver[]): Promise<void> {
  await Promise.all(receivers.map((receiver) => receiver.ready()));
}

const plainUrl = ({ plainPort }: Mosquitto) => `mqtt://127.0.0.1:${plainPort}`;

async function loadOn(broker: Mosquitto, { things, rate }: ReceiversRunOptions): Promise<ReportLoad> {
  return startLoad({
    brokerUrl: plainUrl(broker),
    things,
    reportsPerSecond: rate,
    answers: await readAnswers(join(TOP, "src/lab/jobs")),
    resendMs: RESEND_MS,
  });
}

/** Faults until there were enough of them, and of reports. */
async function disturb(world: World) {
  const { load, random } = world;
  const tally = { killed: 0, brokerRestarts: 0, databaseRestarts: 0, inVain: 0 };
  for (let faults = 0; faults < world.faults || load.counts().made < world.things * world.rounds; faults += 1) {
    if (random() > UNPREPARED) await allReady(world.receivers);
    await wait(1_000 + random() * 3_000);
    const kind = random();
    if (kind < 0.7) tally.killed += await killTwo(world);
    else if (kind < 0.85) tally.brokerRestarts += await restarted(world.broker, random);
    else tally.databaseRestarts += await restarted(world.database, random);
    tally.inVain += (await acknowledgedInVain(world)).length;
    const { made, acknowledged, resent } = load.counts();
    world.onProgress?.(
      `${faults + 1} faults, ${made} reports made, ${acknowledged} acknowledged, ${resent} sent again`,
    );
  }
  return tally;
}

async function killTwo({ receivers, random }: World): Promise<number> {
  const chosen = [...receivers].sort(() => random() - 0.5).slice(0, 2);
  await Promise.all(chosen.map((receiver) => receiver.kill(random() * 300)));
  await wait(random() * 4_000);
  for (const receiver of chosen) receiver.start();
  return chosen.length;
}

async function restarted(server: { kill(): Promise<void>; start(): Promise<void> }, random: () => number) {
  await server.kill();
  await wait(random() * 2_000);
  await server.start();
  return 1;
}

function lastWords(receivers: readonly SupervisedReceiver[]): string {
  return receivers.map(({ process }) => process.output().slice(-1_500)).join("\n---\n");
}

/** Things that have been told that something is stored which is not. */
async function acknowledgedInVain({ load, records }: Pick<World, "load" | "records">): Promise<readonly string[]> {
  const before = load.things().filter(({ acknowledged }) => acknowledged > 0);
  const stored = await storedOf(records);
  return before.flatMap(({ thing, acknowledged }) =>
    (stored.get(thing)?.contiguous ?? 0) < acknowledged ? [thing] : [],
  );
}

async function storedOf(records: StoreRecords) {
  const rows = await records.rows(`SELECT e.thing, max(e.contiguous) AS contiguous, max(r.reports) AS reports,
      max(l.named) AS named, max(s.newest) AS newest FROM epoch e
    LEFT JOIN (SELECT thing, count(*) AS reports FROM report GROUP BY thing) r ON r.thing = e.thing
    LEFT JOIN (SELECT thing, sum(count) AS named FROM lost GROUP BY thing) l ON l.thing = e.thing
    LEFT JOIN (SELECT thing, max(sequence) AS newest FROM state GROUP BY thing) s ON s.thing = e.thing
    GROUP BY e.thing`);
  return new Map(
    rows.map(({ thing, contiguous, reports, named, newest }) => [
      String(thing),
      { contiguous: Number(contiguous), reports: Number(reports), named: Number(named), newest: Number(newest) },
    ]),
  );
}

/** Compares the store with what was made and acknowledged. */
async function accountOf(records: StoreRecords, load: ReportLoad) {
  const stored = await storedOf(records);
  const account = { made: 0, stored: 0, lost: 0, inVain: 0, behind: 0 };
  for (const { thing, made, acknowledged } of load.things()) {
    const of = stored.get(thing) ?? { contiguous: 0, reports: 0, named: 0, newest: 0 };
    account.made += made;
    account.stored += of.reports;
    account.lost += made - of.reports - of.named;
    if (of.contiguous < acknowledged || of.reports + of.named < acknowledged) account.inVain += 1;
    if (of.newest !== made) account.behind += 1;
  }
  return account;
}
