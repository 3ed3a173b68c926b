import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { codeOf } from "../../src/base/errors.js";
import { startScene, TOP } from "../flows/flow-parts.js";
import { openLedger, type Tally } from "./ledger.js";
import { wait } from "./wait.js";

const THING = "line-4";
const PROJECT = "bottle-caps";
const JOBS = 20;
/** Calls that write, in a whole life of that many jobs, about. */
const CALLS_PER_LIFE = 40 + 8 * JOBS;
/** Without anything that arrives. */
const PATIENCE_MS = 60_000;

/**
 * The built component as its recipe starts it, killed by SIGKILL at random calls, again and again, until so many reports
 * were made; then it lives on, and all must arrive. The cloud acknowledges what it has.
 */
export async function componentRun(options: {
  readonly kills: number;
  readonly reports: number;
  readonly random: () => number;
}): Promise<Tally & { readonly kills: number }> {
  const { random } = options;
  const folder = mkdtempSync(join(tmpdir(), "packdrift-component-"));
  const names = writeJobs(folder);
  const ledger = openLedger();
  const environment = (call: number) => ({
    NODE_OPTIONS: `--require ${join(TOP, "test/chaos/kill-at.cjs")}`,
    KILL_AT_CALL: String(call),
  });
  const it = await startScene({
    isNew: true,
    configuration: {
      jobs: names.map((job) => ({ project: PROJECT, job })),
      source: { type: "file", path: folder },
    },
  });
  for (const kind of ["report", "heartbeat"]) {
    await it.cloud.subscribe(`dt/packdrift/v1/${THING}/${kind}`, 1, ({ payload }) => ledger.arrive(payload));
  }
  const acknowledging = setInterval(() => {
    const contiguous = ledger.contiguous(THING);
    if (contiguous === null) return;
    void it.cloud.publish(`cmd/packdrift/v1/${THING}/ack/req`, JSON.stringify(contiguous), { qos: 1 }).catch(() => {});
  }, 100);
  let made = 0;
  let kills = 0;
  const account = () => {
    for (const { text } of it.component.output.all) {
      const { event, id = "" } = entry(text);
      if (event !== "report.made") continue;
      ledger.made(id, null);
      made += 1;
    }
  };
  try {
    await it.component.stop();
    account();
    while (kills < options.kills || made < options.reports) {
      const component = await it.again(environment(1 + Math.floor(random() * CALLS_PER_LIFE)));
      // A life that ends its work before its call has come is ended from outside.
      const late = setTimeout(() => killIfThere(component.pid), 2_000);
      const { signal } = await component.exited;
      clearTimeout(late);
      if (signal !== "SIGKILL") throw new Error(`The component ended by itself: ${component.output.all.at(-1)?.text}`);
      kills += 1;
      account();
    }
    const last = await it.again();
    await last.output.waitFor(({ text }) => entry(text).event === "check.done");
    account();
    let arrived = -1;
    for (let end = 0; !ledger.isComplete(); await wait(50)) {
      if (ledger.arrived > arrived) end = Date.now() + PATIENCE_MS;
      arrived = ledger.arrived;
      if (Date.now() > end) break;
    }
  } finally {
    clearInterval(acknowledging);
    await it.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return { ...ledger.tally(), kills };
}

/** It may have ended since, which is known a moment later. */
function killIfThere(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (codeOf(error) !== "ESRCH") throw error;
  }
}

function writeJobs(folder: string): readonly string[] {
  const answer = JSON.parse(readFileSync(join(TOP, "src/lab/jobs/x86-cpu-avx2.json"), "utf8"));
  mkdirSync(join(folder, PROJECT));
  return Array.from({ length: JOBS }, (_, at) => {
    const name = `job-${at}`;
    const ModelPackagingDescription = { ...answer.ModelPackagingDescription, JobName: name, ProjectName: PROJECT };
    writeFileSync(join(folder, PROJECT, `${name}.json`), JSON.stringify({ ModelPackagingDescription }));
    return name;
  });
}

/** A line of the log; a kill can leave half of one. */
function entry(text: string): { readonly event?: string; readonly id?: string } {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
