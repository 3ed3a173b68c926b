import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { UsageError } from "../../base/errors.js";
import { type LabOptions, runLab } from "../../lab/lab.js";
import { renderHelp } from "../help/render-help.js";
import type { Values } from "../help/spec.js";
import { LAB } from "../help/specs/lab.js";
import type { Command } from "../shared/command.js";
import { existingFolder } from "../shared/existing-folder.js";
import { outcomeOf } from "../shared/outcome.js";
import { asksForHelp, parseOptions } from "../shared/parse-options.js";
import { printProblem, type Terminal, textStyle } from "../shared/terminal.js";

// For benchmarks, which import the built file.
export * from "../../lab/lab.js";

/** `packdrift lab`: runs nucleus, broker, archive and component on one machine. Resolves to the exit code. */
export function labCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  return outcomeOf(asksForHelp(args) ? help : play, args, terminal, LAB.name);
}

const help: Command = async (_, terminal) => {
  terminal.out(renderHelp(LAB, textStyle(terminal).width));
  return 0;
};

const play: Command = async (args, terminal) => {
  const { values } = parseOptions(args, LAB);
  const fleet = fleetOf(values);
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  return runLab({
    flavour: values.nucleus,
    root: values.root === undefined ? null : existingFolder(values.root),
    jobFiles: jobFilesOf(values.job ?? []),
    brokerUrl: values.broker ?? null,
    once: values.once,
    fleet,
    format: values.json ? "json" : "text",
    style: textStyle(terminal),
    packageFolder: dirname(fileURLToPath(import.meta.url)),
    version: PACKDRIFT_VERSION,
    out: terminal.out,
    err: terminal.err,
    onProblem: (problem) => printProblem(terminal, problem),
    status: terminal.status,
    signal: stop.signal,
  });
};

/** The requested virtual fleet. */
function fleetOf({ fleet: count, scene: scenes = [], speed = 1, port = 0 }: Values<typeof LAB>): LabOptions["fleet"] {
  return count === undefined ? null : { count, scenes, speed, port };
}

/** `--job none`: no answer was ever saved. Throws UsageError if there are also files. */
function jobFilesOf(jobs: readonly string[]): readonly string[] | "none" {
  if (!jobs.includes("none")) return jobs;
  if (jobs.length > 1) throw new UsageError('Cannot use --job "none" together with files');
  return "none";
}
