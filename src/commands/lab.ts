import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { codeOf, UsageError } from "../base/errors.js";
import { type Command, parseOptions, textStyle } from "./shared/command.js";
import { existingFolder } from "./shared/existing-folder.js";

const OPTIONS = {
  once: { type: "boolean" },
  root: { type: "string" },
  job: { type: "string", multiple: true },
  broker: { type: "string" },
  nucleus: { type: "string" },
  json: { type: "boolean" },
} as const;

/** `packdrift lab`: runs nucleus, broker, archive and component on one machine. */
export const lab: Command = async (args, terminal) => {
  const { values, positionals } = parseOptions(args, OPTIONS);
  if (positionals.length > 0) throw new UsageError(`lab: unexpected argument "${positionals[0]}"`);
  const flavour = values.nucleus ?? "classic";
  if (flavour !== "classic" && flavour !== "lite") {
    throw new UsageError(`Cannot run --nucleus "${flavour}": must be classic or lite`);
  }
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  const { runLab } = await loadLab();
  const code = await runLab({
    flavour,
    root: values.root === undefined ? null : existingFolder(values.root),
    jobFiles: jobFilesOf(values.job ?? []),
    brokerUrl: values.broker ?? null,
    once: values.once ?? false,
    format: values.json ? "json" : "text",
    style: textStyle(terminal),
    packageFolder: dirname(dirname(fileURLToPath(import.meta.url))),
    version: PACKDRIFT_VERSION,
    out: terminal.out,
    err: terminal.err,
    signal: stop.signal,
  });
  return code;
};

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
