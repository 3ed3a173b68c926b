import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Exit, ScriptProcess } from "./component-process.js";
import { type EventLog, eventLog, type WritableEventLog } from "./event-log.js";
import { type OutputLine, runInstall, type StepContext, startStep } from "./lifecycle-steps.js";
import type { Nucleus } from "./nucleus.js";
import type { Recipe } from "./recipe.js";
import { isBroken, isFailure, MOST_FAILURES, stateAfter } from "./restart-rules.js";

/** The component to run, and its environment. */
export interface ComponentRunOptions {
  readonly recipe: Recipe;
  readonly nucleus: Nucleus;
  /** Stands for `{artifacts:path}`. */
  readonly artifactsFolder: string;
  /** Default `<root>/work/<name>`; made if missing. */
  readonly workFolder?: string;
  /** Wins over everything else. */
  readonly environment?: Readonly<Record<string, string>>;
  /** PATH, HOME and LANG are taken from here (default: this process). */
  readonly baseEnvironment?: Readonly<Record<string, string | undefined>>;
  /** Start again as the nucleus would: after a failure, a deployment or a nucleus restart. Default: no. */
  readonly restart?: boolean;
  /** Lite waits this long before it starts a failed component again (default 1 s). */
  readonly restartDelayMs?: number;
  /** Whether lite quotes what it exports of Setenv: release 2.6.0 does not, later ones do. Default: as in 2.6.0. */
  readonly quotesSetenv?: boolean;
  readonly onLine?: (line: OutputLine) => void;
}

/** A component whose process runs as its recipe says. */
export interface RunningComponent {
  readonly pid: number | undefined;
  /** All lines of all steps and starts. */
  readonly output: EventLog<OutputLine>;
  /** One entry for each time the run step was started. */
  readonly starts: EventLog<{ readonly pid: number | undefined }>;
  /** Resolves when the component has ended for good: FINISHED, BROKEN, stopped, removed, or ERRORED without `restart`. */
  readonly exited: Promise<Exit>;
  /** SIGTERM to the process group, SIGKILL after `graceMs` (default 5 s, as the classic nucleus). */
  stop(graceMs?: number): Promise<Exit>;
}

/** Invariants: `process` is the step that runs now, if any; after `stopping` nothing is started. */
interface Supervision {
  readonly context: StepContext;
  readonly restarts: boolean;
  readonly restartDelayMs: number;
  readonly output: WritableEventLog<OutputLine>;
  readonly starts: WritableEventLog<{ readonly pid: number | undefined }>;
  process: ScriptProcess | null;
  isInstalling: boolean;
  stopping: boolean;
  /** The runtime has ended the process in order to start it again. */
  restartWanted: boolean;
  /** Lite's install step for a deployment, beside the process that runs: whether it succeeds in the end. */
  reinstallation: Promise<boolean> | null;
  /** The process of that step. */
  beside: ScriptProcess | null;
  /** Ends the wait before the next start. */
  wake: () => void;
}

const SUCCESS: Exit = { code: 0, signal: null };
const STOP_GRACE_MS = 5_000;

/**
 * Runs a component's `install` step, if any, and starts its `run` step as a separate process. Resolves when the process
 * is started; rejects when a script cannot be resolved. The nucleus's component state follows the process: with `restart` a
 * failed install is tried three times, then the component is BROKEN; without, it is ERRORED. Where the nucleus starts the
 * component again, it is installed again first: by classic once the process has ended, by lite while it still runs. Where that
 * fails on lite, the process runs on, and is not started again after its end.
 */
export async function startComponent(options: ComponentRunOptions): Promise<RunningComponent> {
  const it = supervision(options);
  const { nucleus, recipe, workFolder } = it.context;
  await mkdir(workFolder, { recursive: true });
  const stopListening = it.restarts
    ? nucleus.onRestartRequest(recipe.name, () => {
        if (it.process === null || it.isInstalling) return;
        if (nucleus.flavour === "lite") return reinstallBeside(it);
        endForRestart(it);
      })
    : () => {};
  const installed = await install(it);
  if (installed.code === 0) begin(it);
  const exited = (installed.code === 0 ? supervise(it) : Promise.resolve(installed)).finally(() => {
    stopListening();
    it.output.close();
    it.starts.close();
  });
  return {
    get pid() {
      return it.isInstalling ? undefined : it.process?.pid;
    },
    output: it.output,
    starts: it.starts,
    exited,
    async stop(graceMs = STOP_GRACE_MS) {
      it.stopping = true;
      it.wake();
      await Promise.all([it.process?.stop(graceMs), it.beside?.stop(graceMs)]);
      return exited;
    },
  };
}

function supervision(options: ComponentRunOptions): Supervision {
  const { recipe, nucleus, artifactsFolder, environment = {}, baseEnvironment = process.env } = options;
  const output = eventLog<OutputLine>(`output of ${recipe.name}`);
  const onLine = (line: OutputLine) => {
    output.add(line);
    options.onLine?.(line);
  };
  const workFolder = options.workFolder ?? join(nucleus.rootFolder, "work", recipe.name);
  const quotesSetenv = options.quotesSetenv ?? false;
  return {
    context: { recipe, nucleus, artifactsFolder, workFolder, environment, baseEnvironment, quotesSetenv, onLine },
    restarts: options.restart ?? false,
    restartDelayMs: options.restartDelayMs ?? 1_000,
    output,
    starts: eventLog(`starts of ${recipe.name}`),
    process: null,
    isInstalling: false,
    stopping: false,
    restartWanted: false,
    reinstallation: null,
    beside: null,
    wake: () => {},
  };
}

/** As often as the nucleus would try; the component is then INSTALLED, ERRORED or BROKEN. */
async function install(it: Supervision): Promise<Exit> {
  const { nucleus, recipe } = it.context;
  nucleus.setState(recipe.name, "NEW");
  for (let attempt = 1; ; attempt++) {
    const exit = await runInstall(it.context, (process) => {
      it.process = process;
      it.isInstalling = process !== null;
    });
    const isLast = !it.restarts || attempt === MOST_FAILURES;
    if (exit.code === 0) nucleus.setState(recipe.name, "INSTALLED");
    else nucleus.setState(recipe.name, it.restarts && isLast ? "BROKEN" : "ERRORED");
    if (exit.code === 0 || isLast || it.stopping) return exit;
    await pause(it);
  }
}

function endForRestart(it: Supervision): void {
  it.restartWanted = true;
  void it.process?.stop(STOP_GRACE_MS);
}

/** Resolves with whether it could be installed. */
function reinstallBeside(it: Supervision): Promise<boolean> {
  const earlier = it.reinstallation ?? Promise.resolve(true);
  const own = earlier.then(() => installBeside(it));
  it.reinstallation = own;
  void own.then((installed) => {
    if (installed && it.reinstallation === own && it.process !== null) endForRestart(it);
  });
  return own;
}

/** As often as lite tries; false when it gave up, or was told to stop. */
async function installBeside(it: Supervision): Promise<boolean> {
  for (let attempt = 1; !it.stopping; attempt++) {
    try {
      const { code } = await runInstall(it.context, (process) => {
        it.beside = process;
      });
      if (code === 0 || attempt === MOST_FAILURES) return code === 0;
    } catch (error) {
      it.output.add({ step: "install", stream: "stderr", text: String(error) });
      return false;
    }
    await pause(it);
  }
  return false;
}

/** Starts the run step, or the startup step; a recipe may have neither. */
function begin(it: Supervision): void {
  const { recipe, nucleus } = it.context;
  const name = recipe.steps.run ? "run" : "startup";
  const step = recipe.steps[name];
  if (!step) return;
  it.process = startStep(it.context, name, step);
  nucleus.setState(recipe.name, name === "run" ? "RUNNING" : "STARTING");
  it.starts.add({ pid: it.process.pid });
}

/** Waits for the end of each process and starts the next one; resolves with the last end. */
async function supervise(it: Supervision): Promise<Exit> {
  const { nucleus, recipe } = it.context;
  const failuresAt: number[] = [];
  for (;;) {
    const exit = it.process ? await it.process.exited : SUCCESS;
    it.process = null;
    if (it.stopping) return exit;
    const reinstalled = await settled(it);
    if (it.stopping) return exit;
    if (reinstalled === false) {
      // The deployment has taken away the unit that would start it again.
      nucleus.setState(recipe.name, "BROKEN");
      return exit;
    }
    const reinstalls = it.restartWanted || reinstalled === true;
    it.restartWanted = false;
    if (!reinstalls) {
      nucleus.setState(recipe.name, stateAfter(nucleus.flavour, recipe, exit));
      if (!it.restarts || !isFailure(nucleus.flavour, exit)) return exit;
      failuresAt.push(Date.now());
      if (isBroken(failuresAt)) {
        nucleus.setState(recipe.name, "BROKEN");
        return exit;
      }
      await pause(it);
      if (it.stopping) return exit;
    }
    try {
      const installed = reinstalls && reinstalled === null ? await install(it) : SUCCESS;
      if (installed.code !== 0 || it.stopping) return installed;
      begin(it);
    } catch (error) {
      // A deployment can make a script unresolvable, or remove the component.
      it.output.add({ step: "run", stream: "stderr", text: String(error) });
      return { code: 1, signal: null };
    }
  }
}

/** The outcome of the last install step that ran beside the process that has ended; null without one. */
async function settled(it: Supervision): Promise<boolean | null> {
  let last: Promise<boolean> | null = null;
  while (it.reinstallation !== last) {
    last = it.reinstallation;
    await last;
  }
  it.reinstallation = null;
  return last;
}

/** Lite waits before it starts a failed step again, classic does not. */
async function pause(it: Supervision): Promise<void> {
  if (it.context.nucleus.flavour === "classic") return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, it.restartDelayMs);
    it.wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}
