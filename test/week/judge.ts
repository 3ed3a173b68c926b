import type { Report } from "../../src/report/report.js";

/** What the resident process held at one moment. */
export interface Sample {
  readonly minute: number;
  readonly pid: number;
  readonly rssMb: number;
  readonly dirtyMb: number;
  readonly heapMb: number;
  readonly fds: number;
  readonly children: number;
  readonly workKb: number;
}

/** A log line that is no mere information, and its time. */
export interface Trouble {
  readonly minute: number;
  readonly event: string;
  readonly text: string;
}

/** Something that was done to the device, and the problems that it may report. */
export interface Ordeal {
  readonly name: string;
  readonly minute: number;
  readonly untilMinute: number;
  readonly explains: readonly string[];
}

/** A simulated week. */
export interface Week {
  readonly checks: number;
  readonly wanted: number;
  readonly samples: readonly Sample[];
  readonly troubles: readonly Trouble[];
  readonly ordeals: readonly Ordeal[];
  readonly reports: readonly Report[];
  readonly answers: { readonly asked: number; readonly done: number };
  readonly exitCode: number | null;
}

/** How much more the last tenth may hold than the second. */
export const MOST_GROWTH_MB = 2;
const MOST_WORK_KB = 2_048;
/** Back-offs and spreads after an ordeal end within it. */
const AFTERMATH_MINUTES = 15;

/** What is wrong with a week, in sentences; empty when all went well. `mostGrowthMb` is for weeks too short to settle. */
export function faultsOf(week: Week, mostGrowthMb = MOST_GROWTH_MB): readonly string[] {
  const { checks, wanted, samples, answers, exitCode } = week;
  const faults: string[] = [];
  if (checks < wanted) faults.push(`${checks} checks were made, ${wanted} were wanted`);
  const [second, last] = tenths(week);
  for (const key of ["rssMb", "dirtyMb", "heapMb"] as const) {
    const growth = median(last.map((sample) => sample[key])) - median(second.map((sample) => sample[key]));
    if (!(growth <= mostGrowthMb)) faults.push(`${key} has grown by ${growth.toFixed(1)}`);
  }
  const fds = [median(second.map((sample) => sample.fds)), median(last.map((sample) => sample.fds))];
  if (fds[0] !== fds[1]) faults.push(`file descriptors: ${fds[0]} at first, ${fds[1]} at last`);
  if (samples.some(({ children }) => children > 0)) faults.push("a child was left while nothing was done");
  const work = Math.max(...samples.map(({ workKb }) => workKb));
  if (!(work <= MOST_WORK_KB)) faults.push(`the work folder has held ${work} KB`);
  faults.push(...unexplained(week), ...lost(week.reports));
  if (answers.done !== answers.asked) faults.push(`${answers.asked} requests, ${answers.done} answers DONE`);
  if (exitCode !== 0) faults.push(`the end was exit code ${exitCode}`);
  return faults;
}

/** The samples of the second and of the last tenth of the time. */
export function tenths({ samples }: Pick<Week, "samples">): readonly [readonly Sample[], readonly Sample[]] {
  const count = Math.max(1, Math.floor(samples.length / 10));
  return [samples.slice(count, 2 * count), samples.slice(-count)];
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

function unexplained({ troubles, ordeals }: Week): readonly string[] {
  return troubles
    .filter(({ minute, event }) => {
      const explains = (ordeal: Ordeal) =>
        ordeal.explains.includes(event) &&
        minute >= ordeal.minute - 1 &&
        minute <= ordeal.untilMinute + AFTERMATH_MINUTES;
      return !ordeals.some(explains);
    })
    .map(({ minute, text }) => `minute ${minute.toFixed(0)}: ${text}`);
}

/** Sequences that neither came nor were named as gaps by a report that did. */
function lost(reports: readonly Report[]): readonly string[] {
  const epochs = new Map<string, Set<number>>();
  const told = new Set<string>();
  for (const { epoch, sequence, gaps = [] } of reports) {
    epochs.set(epoch, (epochs.get(epoch) ?? new Set()).add(sequence));
    for (const gap of gaps) {
      for (let at = gap.fromSequence; at <= gap.toSequence; at++) told.add(`${gap.epoch ?? epoch} ${at}`);
    }
  }
  return [...epochs].flatMap(([epoch, seen]) => {
    const all = Array.from({ length: Math.max(...seen) }, (_, at) => at + 1);
    const missing = all.filter((at) => !seen.has(at) && !told.has(`${epoch} ${at}`));
    return missing.map((at) => `report ${at} of epoch ${epoch} neither came nor was named`);
  });
}
