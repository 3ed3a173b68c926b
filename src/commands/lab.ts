import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { codeOf, UsageError } from "../base/errors.js";
import type { LabOptions } from "../lab/lab.js";
import type { Values } from "./help/spec.js";
import { LAB } from "./help/specs/lab.js";
import { type Command, printProblem, textStyle } from "./shared/command.js";
import { existingFolder } from "./shared/existing-folder.js";
import { asksForHelp, parseOptions } from "./shared/parse-options.js";

/** `packdrift lab`: runs nucleus, broker, archive and component on one machine. */
export const lab: Command = async (args, terminal) => {
  if (asksForHelp(args)) {
    const { renderHelp } = await import("./help/render-help.js");
    terminal.out(renderHelp(LAB, textStyle(terminal).width));
    return 0;
  }
  const { values } = parseOptions(args, LAB);
  const fleet = fleetOf(values);
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  const { runLab } = await loadLab();
  const code = await runLab({
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
  return code;
};

/** The virtual fleet that is asked for. */
function fleetOf({ fleet: count, scene: scenes = [], speed = 1, port = 0 }: Values<typeof LAB>): LabOptions["fleet"] {
  return count === undefined ? null : { count, scenes, speed, port };
}

/** `--job none`: no answer was ever saved. Throws UsageError beside files. */
function jobFilesOf(jobs: readonly string[]): readonly string[] | "none" {
  if (!jobs.includes("none")) return jobs;
  if (jobs.length > 1) throw new UsageError('Cannot use --job "none" together with files');
  return "none";
}

/** Only the npm package contains the lab. */
async function loadLab(): Promise<typeof import("../lab/lab.js")> {
  try {
    return await import("../lab/lab.js");
  } catch (error) {
    if (codeOf(error) !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new UsageError("The lab is not part of the device bundle: run it from the packdrift package (npm start)", {
      cause: error,
    });
  }
}
