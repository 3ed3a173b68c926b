import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { type Exit, type ScriptProcess, startScript } from "./component-process.js";
import { interpolateScript, interpolateValue, type RecipeVariables } from "./interpolate.js";
import type { Nucleus } from "./nucleus.js";
import type { LifecycleStep, Recipe } from "./recipe.js";
import { setenvExports } from "./setenv-exports.js";

/** A line that a component's process wrote. */
export interface OutputLine {
  readonly step: string;
  readonly stream: "stdout" | "stderr";
  readonly text: string;
}

/** The environment in which a component's steps run. */
export interface StepContext {
  readonly recipe: Recipe;
  readonly nucleus: Nucleus;
  readonly artifactsFolder: string;
  readonly workFolder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly baseEnvironment: Readonly<Record<string, string | undefined>>;
  readonly quotesSetenv: boolean;
  readonly onLine: (line: OutputLine) => void;
}

const INSTALL_TIMEOUT_SECONDS = 120;
const SUCCESS: Exit = { code: 0, signal: null };
// The first thing that lite's runner does is to ask the IPC daemon for the component's token.
const NO_DAEMON = 'echo "Runner failed to authenticate with nucleus." >&2; exit 1';
// Then it looks up the service's port, if the recipe names the service, whatever the type of the dependency.
const TOKEN_EXCHANGE = "aws.greengrass.TokenExchangeService";
const NO_PORT = 'echo "Failed to get port for TES server from config." >&2; exit 1';

/** Starts one step as a separate process; throws InvalidInputError when its script cannot be resolved. */
export function startStep(context: StepContext, name: string, step: LifecycleStep): ScriptProcess {
  const { nucleus, workFolder, onLine } = context;
  return startScript({
    ...(nucleus.flavour === "lite" ? liteScript(context, step) : classicScript(context, step)),
    folder: workFolder,
    onLine: (stream, text) => onLine({ step: name, stream, text }),
  });
}

/** Runs the install step, if there is one and `Skipif` does not skip it; kills it at its time limit. */
export async function runInstall(
  context: StepContext,
  onProcess: (running: ScriptProcess | null) => void,
): Promise<Exit> {
  const step = context.recipe.steps.install;
  if (!step || (await isSkipped(step.skipIf ?? "", context.baseEnvironment.PATH ?? ""))) return SUCCESS;
  const process = startStep(context, "install", step);
  onProcess(process);
  const timer = setTimeout(() => process.kill("SIGKILL"), (step.timeoutSeconds ?? INSTALL_TIMEOUT_SECONDS) * 1000);
  const exit = await process.exited;
  clearTimeout(timer);
  onProcess(null);
  return exit;
}

interface Script {
  readonly script: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Classic passes Setenv to the process unchanged. */
function classicScript(context: StepContext, step: LifecycleStep): Script {
  const variables = variablesOf(context);
  const setenv = Object.entries({ ...context.recipe.setenv, ...step.setenv }).map(
    ([key, value]) => [key, interpolateValue(value, variables)] as const,
  );
  const environment = environmentOf(context, Object.fromEntries(setenv));
  return { script: interpolateScript(step.script, variables), environment };
}

/** Lite's runner writes Setenv as exports above the step's script. */
function liteScript(context: StepContext, step: LifecycleStep): Script {
  const { nucleus, recipe } = context;
  if (!nucleus.isListening) return { script: NO_DAEMON, environment: environmentOf(context, {}) };
  if (!nucleus.knowsTokenExchange && recipe.dependencies.includes(TOKEN_EXCHANGE))
    return { script: NO_PORT, environment: environmentOf(context, {}) };
  const variables = variablesOf(context);
  const overridden = new Set(Object.keys(context.environment));
  const setenv = [...Object.entries(context.recipe.setenv), ...Object.entries(step.setenv)];
  const exports = setenvExports(
    setenv.filter(([key]) => !overridden.has(key)),
    variables,
    context.quotesSetenv,
  );
  return {
    script: exports + interpolateScript(step.script, variables),
    environment: environmentOf(context, {}),
  };
}

function variablesOf({ nucleus, recipe, artifactsFolder, workFolder }: StepContext): RecipeVariables {
  return {
    flavour: nucleus.flavour,
    rootFolder: nucleus.rootFolder,
    thingName: nucleus.thingName,
    artifactsFolder,
    unpackedFolder: artifactsFolder,
    workFolder,
    configuration: nucleus.configurationOf(recipe.name),
  };
}

function environmentOf({ nucleus, recipe, environment, baseEnvironment }: StepContext, setenv: Record<string, string>) {
  const base: Record<string, string> = {};
  for (const key of ["PATH", "HOME", "LANG"]) {
    const value = baseEnvironment[key];
    if (value !== undefined) base[key] = value;
  }
  return { ...base, ...nucleus.environmentOf(recipe.name), ...setenv, ...environment };
}

/** `onpath <command>` or `exists <file>`, with `!` before it for the opposite. */
async function isSkipped(skipIf: string, path: string): Promise<boolean> {
  const [, not, kind, what] = /^\s*(!?)\s*(onpath|exists)\s+(.+?)\s*$/.exec(skipIf) ?? [];
  if (what === undefined) return false;
  const candidates = kind === "exists" ? [what] : path.split(delimiter).map((folder) => join(folder, what));
  const found = await Promise.all(
    candidates.map((candidate) =>
      access(candidate).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true) !== (not === "!");
}
