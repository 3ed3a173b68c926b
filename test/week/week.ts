import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { joinParts } from "../../src/report/parts.js";
import type { Report } from "../../src/report/report.js";
import { NAME, startScene } from "../flows/flow-parts.js";
import { memoryCloud } from "./cloud.js";
import { type Idle, startConductor } from "./conductor.js";
import type { Sample, Trouble, Week } from "./judge.js";
import { CONFIGURATION, deployed, type Happening, ordeals, routine } from "./ordeals.js";

/** How long a week, and whether its process leaks on purpose. */
export interface WeekOptions {
  /** One a minute. */
  readonly checks: number;
  readonly leak?: boolean;
  readonly onSample?: (sample: Sample) => void;
}

const SAMPLES = 200;
const MINUTE_MS = 60_000;
/** What the conductor has sent is heard by then. */
const QUIET_MS = 5;
const SETTLE_MS = 40;
/** A simulated minute takes seconds, even on a busy machine. */
const STUCK_MS = 120_000;
const COMMANDS = ["check", "facts", "flush"];

/** Runs the built component on a classic nucleus until a number of checks is made; its clock jumps over idle waits. */
export async function simulateWeek({ checks: wanted, leak = false, onSample }: WeekOptions): Promise<Week> {
  const folder = mkdtempSync(join(tmpdir(), "packdrift-week-"));
  const cloud = memoryCloud();
  const reports: Report[] = [];
  const samples: Sample[] = [];
  const troubles: Trouble[] = [];
  const planned: Happening[] = [...ordeals(wanted)];
  const begun = new Set<Happening>();
  const answers = { asked: 0, answered: 0, done: 0 };
  const parts = joinParts();
  cloud.hear("dt/packdrift/v1/line-4/#", ({ topic, payload }) => {
    if (!/\/(report|heartbeat)$/.test(topic)) return;
    const whole = parts.add(JSON.parse(payload.toString()));
    if (whole !== null) reports.push(whole);
  });
  cloud.hear("cmd/packdrift/v1/line-4/+/res", ({ payload }) => {
    answers.answered++;
    if (JSON.parse(payload.toString()).status === "DONE") answers.done++;
  });

  let startMs: number | null = null;
  let checks = 0;
  let linesRead = 0;
  let nextMinute = 1;
  let isConfigured = true;
  let fits = true;
  let isOver = false;
  let finish = () => {};
  let fail = (_: Error) => {};
  const finished = new Promise<void>((resolve, reject) => {
    finish = () => {
      isOver = true;
      resolve();
    };
    fail = reject;
  });
  const minuteAt = (ms: number) => (ms - (startMs ?? ms)) / MINUTE_MS;

  const conductor = await startConductor(folder, leak, async (idle) => {
    startMs ??= idle.wallMs - (idle.wallMs % MINUTE_MS);
    // Once it is over, the component ends, and cannot be measured any more.
    if (scene === null || isOver || (await hasWaited())) return 0;
    readLog(scene.component.output.all);
    // What it was sent is still under way to it.
    if (!isConfigured || answers.answered < answers.asked) return 0;
    const minute = minuteAt(idle.wallMs);
    // Half past the minute: a check at its beginning would find a change before the check for the change.
    if (minute < nextMinute + 0.5) return (nextMinute + 0.5 - minute) * MINUTE_MS;
    take(idle, nextMinute);
    await happen(nextMinute);
    nextMinute++;
    stuck.refresh();
    if (checks >= wanted) finish();
    return 0;
  });
  let scene: Awaited<ReturnType<typeof startScene>> | null = null;
  scene = await startScene({
    isNew: true,
    restart: true,
    configuration: CONFIGURATION,
    components: [{ name: "aws.greengrass.ShadowManager", version: "2.3.0" }],
    nucleus: { broker: cloud.device, now: conductor.now },
    environment: conductor.environment,
  });
  const { nucleus, archive, component, work } = scene;
  const stuck = setTimeout(() => {
    const state = JSON.stringify({ minute: nextMinute, checks, wanted, isConfigured, answers });
    const lines = component.output.all.slice(-20).map(({ text }) => text);
    fail(new Error(`The clock stands still: ${state}. What the component wrote last:\n${lines.join("\n")}`));
  }, STUCK_MS);
  let quietFromMs = 0;

  /** After a wait the component is asked again whether it is idle. */
  async function hasWaited(): Promise<boolean> {
    const waitMs = Math.max(cloud.lastTrafficMs + QUIET_MS, quietFromMs) - performance.now();
    if (waitMs > 0) await new Promise<void>((resolve) => setTimeout(resolve, waitMs));
    return waitMs > 0;
  }

  function configure(configuration: object): void {
    isConfigured = false;
    nucleus.setConfiguration(NAME, configuration as never);
  }

  function readLog(lines: readonly { readonly stream: string; readonly text: string }[]): void {
    for (; linesRead < lines.length; linesRead++) {
      const { stream, text } = lines[linesRead] ?? { stream: "", text: "" };
      const { level, event, time, trigger } =
        stream === "stdout" ? parse(text) : { level: "stderr", event: "stderr", time: "", trigger: "" };
      if (event === "check.done") checks++;
      if (trigger === "CONFIG_CHANGE") isConfigured = true;
      const at = Date.parse(String(time));
      const minute = Number.isNaN(at) ? nextMinute : minuteAt(at);
      if (level !== "info") troubles.push({ minute, event: String(event), text });
    }
  }

  function take({ heapBytes }: Idle, minute: number): void {
    if (minute % Math.max(1, Math.floor(wanted / SAMPLES)) !== 0 || component.pid === undefined) return;
    const sample = { minute, heapMb: heapBytes / 2 ** 20, ...measured(component.pid, work) };
    samples.push(sample);
    onSample?.(sample);
  }

  async function happen(minute: number): Promise<void> {
    const device = { nucleus, cloud, archive: archive.endpoint, configure };
    const due = planned.filter((each) => each.minute <= minute && !begun.has(each));
    const over = planned.filter((each) => each.undo !== undefined && each.untilMinute === minute);
    for (const each of due) {
      begun.add(each);
      await each.begin(device);
    }
    for (const each of over) await each.undo?.(device);
    // Who is cut off or deaf is asked nothing.
    const isOrdeal = planned.some((each) => each.minute > 0 && each.minute <= minute && minute <= each.untilMinute + 5);
    const deeds = isOrdeal ? [] : routine(minute, wanted);
    if (deeds.includes("deploy")) {
      fits = !fits;
      configure(deployed(fits));
    }
    if (deeds.includes("ask")) {
      const command = COMMANDS[answers.asked++ % COMMANDS.length];
      cloud.send(`cmd/packdrift/v1/line-4/${command}/req`, { id: `r-${minute}` });
    }
    if (deeds.includes("acknowledge")) cloud.send("cmd/packdrift/v1/line-4/ack/req", contiguous(reports));
    if (due.length + over.length + deeds.length > 0) quietFromMs = performance.now() + SETTLE_MS;
  }

  try {
    const ended = component.exited.then((exit) => ({ exit }));
    await Promise.race([finished, ended]);
    const { code } = await component.stop();
    readLog(component.output.all);
    return { checks, wanted, samples, troubles, ordeals: planned, reports, answers, exitCode: code };
  } finally {
    clearTimeout(stuck);
    await scene.close();
    await conductor.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return { level: "none", event: "no JSON" };
  }
}

/** The highest sequence of the last epoch up to which all has come. */
function contiguous(reports: readonly Report[]): { readonly epoch: string; readonly sequence: number } {
  const epoch = reports[reports.length - 1]?.epoch ?? "";
  const seen = new Set(reports.filter((report) => report.epoch === epoch).map(({ sequence }) => sequence));
  let sequence = 0;
  while (seen.has(sequence + 1)) sequence++;
  return { epoch, sequence };
}

function measured(pid: number, work: string): Omit<Sample, "minute" | "heapMb"> {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const mb = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+)`, "m").exec(rollup)?.[1]) / 1024;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  const files = readdirSync(work, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const bytes = files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
  return {
    pid,
    rssMb: mb("Rss"),
    dirtyMb: mb("Private_Dirty"),
    fds: readdirSync(`/proc/${pid}/fd`).length,
    children: children === "" ? 0 : children.split(" ").length,
    workKb: Math.round(bytes / 1024),
  };
}
