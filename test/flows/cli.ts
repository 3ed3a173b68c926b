import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Script } from "node:vm";
import type { runArchive } from "../../src/commands/archive/run-archive.js";
import type { runOneShot } from "../../src/commands/one-shot.js";
import { processTerminal } from "../../src/commands/shared/terminal.js";
import { isLong } from "../long-runs.js";
import { type ProgramResult, runProgram } from "../run-program.js";

const DIST = join(import.meta.dirname, "../../dist");
const BUNDLE = join(DIST, "packdrift.mjs");
type Environment = Readonly<Record<string, string>>;

/** Runs the built program as a user does, in an environment without credentials or colour. */
export function packdrift(args: readonly string[], env: Environment = {}): Promise<ProgramResult> {
  return runProgram(process.execPath, [BUNDLE, ...args], { ...surroundings(), ...env });
}

/** Commands whose code is not to run in a test's own process, and words that packdrift.mjs itself knows. */
const ALWAYS_A_PROCESS = ["run", "lab", "fleet", "completion", "version", "--version", "-V", "help", "--help", "-h"];

/**
 * Runs a command of the built program in this process, since starting one costs several times what most commands do. In the
 * long run each has a process of its own.
 */
export async function command(args: readonly string[], env: Environment = {}): Promise<ProgramResult> {
  if (isLong || ALWAYS_A_PROCESS.includes(args[0] ?? "help")) return packdrift(args, env);
  const written = { out: "", err: "" };
  const writingTo = (stream: keyof typeof written) => ({
    write: (text: string) => {
      written[stream] += text;
    },
    on: () => undefined,
  });
  const terminal = processTerminal({
    env: { ...surroundings(), ...env },
    stdout: writingTo("out"),
    stderr: writingTo("err"),
  } as unknown as NodeJS.Process);
  const [name = "", ...rest] = args;
  const code = name === "archive" ? await (await archive())(rest, terminal) : await oneShot()(name, rest, terminal);
  return { code, ...written };
}

function surroundings() {
  const { PATH = "", HOME = "" } = process.env;
  return { PATH, HOME };
}

let ran: typeof runOneShot | null = null;
/** As packdrift.mjs runs the file. */
function oneShot(): typeof runOneShot {
  if (ran !== null) return ran;
  const filename = join(DIST, "examiner.cjs");
  const module = { exports: {} as { runOneShot: typeof runOneShot } };
  const script = new Script(readFileSync(filename, "latin1"), { filename });
  script.runInThisContext()(createRequire(filename), module, module.exports, pathToFileURL(filename).href);
  ran = module.exports.runOneShot;
  return ran;
}

async function archive(): Promise<typeof runArchive> {
  return (await import(/* @vite-ignore */ pathToFileURL(join(DIST, "archive.mjs")).href)).runArchive;
}
