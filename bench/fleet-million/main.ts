import { mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { readAnswers } from "../../src/lab/sample-archive.js";
import { seeded } from "../../test/chaos/seeded.js";
import { phasesOf } from "./day.js";
import { fleetReports } from "./reports.js";
import { returnsAfterOutage } from "./returns.js";
import { type MeasuredDay, runDay } from "./run-day.js";
import { type Figure, figuresOf, pageOf } from "./show.js";

/** How the day is played. */
interface MillionOptions {
  readonly things: number;
  readonly engines: readonly ("sqlite" | "postgres")[];
  readonly receivers: number;
  readonly program: string;
  readonly worker: URL;
  /** The saved answers of the jobs that devices run. */
  readonly jobsFolder: string;
  /** The folder of the stores. */
  readonly folder: string;
  readonly seed: number;
  /** See DayParts. */
  readonly squeeze: number;
  readonly returning: number;
  readonly say: (text: string) => void;
}

/** Devices whose return is played with the component's own delivery; all others do as these. */
const SAMPLE = 1_000;
/** One in this many devices has a complete report to send besides its heartbeat. */
const EVERY_CHANGED = 20;

/** Plays the day against each engine, computes what follows, and returns the page and the figures. */
export async function million(
  options: MillionOptions,
): Promise<{ readonly page: string; readonly figures: readonly Figure[] }> {
  const { things, squeeze, returning, say } = options;
  const from = performance.now();
  const answers = await readAnswers(options.jobsFolder);
  const { sample, isJetson } = await fleetReports(answers);
  const devices = Math.min(SAMPLE, things);
  const returns = await returnsAfterOutage({
    devices,
    everyChanged: EVERY_CHANGED,
    ...sample,
    random: seeded(options.seed),
  });
  const plan = {
    things,
    returns,
    waiting: returns.length / devices,
    isJetson,
    squeeze,
    returning,
    random: seeded(options.seed),
  };
  say(`the return of ${devices} devices in ${((performance.now() - from) / 1_000).toFixed(0)} s`);
  const days: MeasuredDay[] = [];
  const loads = [loadavg()[0] ?? 0];
  for (const engine of options.engines) {
    const folder = mkdtempSync(join(options.folder, "packdrift-bench-million-"));
    try {
      const receivers = engine === "postgres" ? options.receivers : 1;
      const reports = await fleetReports(answers);
      days.push(await runDay({ ...options, ...plan, engine, receivers, folder, reports }));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    loads.push(loadavg()[0] ?? 0);
  }
  const back = phasesOf({ ...plan, squeeze: 1, returning: 1 }).find(({ name }) => name === "return");
  const shown = {
    things,
    days,
    back: back?.arrivals().atMs ?? new Float64Array(),
    machine: `${cpus().length} cores, Node ${process.version}, load ${loads.map((load) => load.toFixed(1)).join(", ")}`,
    seconds: (performance.now() - from) / 1_000,
  };
  return { page: pageOf(shown), figures: figuresOf(shown) };
}
