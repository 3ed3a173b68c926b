import { access, mkdir } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { type Exit, type ScriptProcess, startScript } from "./component-process.js";
import { type EventLog, eventLog } from "./event-log.js";
import { interpolateScript, interpolateValue, type RecipeVariables } from "./interpolate.js";
import type { Nucleus } from "./nucleus.js";
import type { LifecycleStep, Recipe } from "./recipe.js";

/** A line that a component's process wrote. */
export interface OutputLine {
  readonly step: string;
  readonly stream: "stdout" | "stderr";
  readonly text: string;
}

/** What to run, and where. */
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

// Classic: the third error with less than an hour between neighbours; lite: systemd's StartLimitBurst, the same figures.
const MOST_FAILURES = 3;
const FAILURES_WITHIN_MS = 3_600_000;
const INSTALL_TIMEOUT_SECONDS = 120;
// Exit by one of these counts as success for systemd's Restart=on-failure.
const CLEAN_SIGNALS: readonly string[] = ["SIGHUP", "SIGINT", "SIGTERM", "SIGPIPE"];

/**
 * Runs a component's `install` step, if any, and starts its `run` step as a process of its own. Resolves when the process
 * is started; rejects when a script cannot be resolved. Follows the process's fate in the nucleus's component state: with
 * `restart` a failed install is tried three times, then the component is BROKEN; without, it is ERRORED. Where the nucleus
 * starts the component anew, it installs it anew.
 */
export async function startComponent(options: ComponentRunOptions): Promise<RunningComponent> {
  const { recipe, nucleus } = options;
  const name = recipe.name;
  const workFolder = options.workFolder ?? join(nucleus.rootFolder, "work", name);
  await mkdir(workFolder, { recursive: true });
  const output = eventLog<OutputLine>(`output of ${name}`);
  const starts = eventLog<{ readonly pid: number | undefined }>(`starts of ${name}`);

  let current: ScriptProcess | null = null;
  let installing: ScriptProcess | null = null;
  let stopping = false;
  let restartWanted = false;
  let wake: () => void = () => {};

  const launch = (step: string, definition: LifecycleStep): ScriptProcess => {
    const variables: RecipeVariables = {
      flavour: nucleus.flavour,
      rootFolder: nucleus.rootFolder,
      thingName: nucleus.thingName,
      artifactsFolder: options.artifactsFolder,
      unpackedFolder: options.artifactsFolder,
      workFolder,
      configuration: nucleus.configurationOf(name),
    };
    return startScript({
      script: interpolateScript(definition.script, variables),
      folder: workFolder,
      environment: environmentFor(options, definition, variables),
      onLine(stream, text) {
        const line = { step, stream, text };
        output.add(line);
        options.onLine?.(line);
      },
    });
  };
  const installOnce = async (): Promise<Exit> => {
    const step = recipe.steps.install;
    if (!step || (await isSkipped(step, options))) return SUCCESS;
    const process = launch("install", step);
    installing = process;
    const timer = setTimeout(() => process.kill("SIGKILL"), (step.timeoutSeconds ?? INSTALL_TIMEOUT_SECONDS) * 1000);
    const exit = await process.exited;
    clearTimeout(timer);
    installing = null;
    return exit;
  };
  /** As often as the nucleus would try; the component is then INSTALLED, ERRORED or BROKEN. */
  const install = async (): Promise<Exit> => {
    nucleus.setState(name, "NEW");
    for (let attempt = 1; ; attempt++) {
      const exit = await installOnce();
      if (exit.code === 0) nucleus.setState(name, "INSTALLED");
      else nucleus.setState(name, options.restart && attempt === MOST_FAILURES ? "BROKEN" : "ERRORED");
      if (exit.code === 0 || !options.restart || attempt === MOST_FAILURES || stopping) return exit;
      if (nucleus.flavour === "lite") await delay(options.restartDelayMs ?? 1_000, (end) => (wake = end));
    }
  };
  const begin = (): ScriptProcess | null => {
    const step = recipe.steps.run ?? recipe.steps.startup;
    if (!step) return null;
    const process = launch(recipe.steps.run ? "run" : "startup", step);
    nucleus.setState(name, recipe.steps.run ? "RUNNING" : "STARTING");
    starts.add({ pid: process.pid });
    return process;
  };

  const live = async (): Promise<Exit> => {
    const failures: number[] = [];
    for (;;) {
      const exit = current ? await current.exited : SUCCESS;
      current = null;
      if (stopping) return exit;
      const reinstall = restartWanted;
      restartWanted = false;
      if (!reinstall) {
        const failed = nucleus.flavour === "lite" ? !isClean(exit) : exit.code !== 0;
        nucleus.setState(name, failed ? "ERRORED" : recipe.steps.run || !recipe.steps.startup ? "FINISHED" : "RUNNING");
        if (!failed || !options.restart) return exit;
        failures.push(Date.now());
        if (isBroken(failures)) {
          nucleus.setState(name, "BROKEN");
          return exit;
        }
        if (nucleus.flavour === "lite") await delay(options.restartDelayMs ?? 1_000, (end) => (wake = end));
        if (stopping) return exit;
      }
      try {
        if (reinstall) {
          const installed = await install();
          if (installed.code !== 0 || stopping) return installed;
        }
        current = begin();
      } catch (error) {
        // A deployment can make a script unresolvable, or take the component away.
        output.add({ step: "run", stream: "stderr", text: String(error) });
        return { code: 1, signal: null };
      }
    }
  };

  const stopListening = options.restart
    ? nucleus.onRestartRequest(name, () => {
        restartWanted = current !== null;
        void current?.stop(STOP_GRACE_MS);
      })
    : () => {};

  const installed = await install();
  if (installed.code === 0) current = begin();
  const exited = (installed.code === 0 ? live() : Promise.resolve(installed)).finally(() => {
    stopListening();
    output.close();
    starts.close();
  });

  return {
    get pid() {
      return current?.pid;
    },
    output,
    starts,
    exited,
    async stop(graceMs = STOP_GRACE_MS) {
      stopping = true;
      wake();
      await (current ?? installing)?.stop(graceMs);
      return exited;
    },
  };
}

const SUCCESS: Exit = { code: 0, signal: null };
const STOP_GRACE_MS = 5_000;

function environmentFor(options: ComponentRunOptions, step: LifecycleStep, variables: RecipeVariables) {
  const { recipe, nucleus, baseEnvironment = process.env } = options;
  const base = Object.fromEntries(
    ["PATH", "HOME", "LANG"].flatMap((key) =>
      baseEnvironment[key] === undefined ? [] : [[key, baseEnvironment[key]]],
    ),
  );
  const setenv = Object.entries({ ...recipe.setenv, ...step.setenv }).map(
    ([key, value]) => [key, interpolateValue(value, variables)] as const,
  );
  return { ...base, ...nucleus.environmentOf(recipe.name), ...Object.fromEntries(setenv), ...options.environment };
}

function isClean({ code, signal }: Exit): boolean {
  return code === 0 || (signal !== null && CLEAN_SIGNALS.includes(signal));
}

function isBroken(failures: readonly number[]): boolean {
  const last = failures.slice(-MOST_FAILURES);
  return (
    last.length === MOST_FAILURES && last.every((at, i) => i === 0 || at - (last[i - 1] ?? 0) < FAILURES_WITHIN_MS)
  );
}

function delay(ms: number, onStart: (end: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    onStart(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** `onpath <command>` or `exists <file>`, with `!` before it for the opposite. */
async function isSkipped(
  step: LifecycleStep,
  { baseEnvironment = process.env }: ComponentRunOptions,
): Promise<boolean> {
  const [, not, kind, what] = /^\s*(!?)\s*(onpath|exists)\s+(.+?)\s*$/.exec(step.skipIf ?? "") ?? [];
  if (what === undefined) return false;
  const folders = (baseEnvironment.PATH ?? "").split(delimiter);
  const places = kind === "exists" ? [what] : folders.map((folder) => join(folder, what));
  const found = await Promise.all(
    places.map((place) =>
      access(place).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true) !== (not === "!");
}
