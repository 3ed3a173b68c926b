import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { codeOf, UsageError } from "../base/errors.js";
import type { LabOptions } from "../lab/lab.js";
import { type Command, parseOptions, textStyle } from "./shared/command.js";
import { existingFolder } from "./shared/existing-folder.js";

const OPTIONS = {
  once: { type: "boolean" },
  root: { type: "string" },
  job: { type: "string", multiple: true },
  broker: { type: "string" },
  nucleus: { type: "string" },
  fleet: { type: "string" },
  scene: { type: "string", multiple: true },
  speed: { type: "string" },
  port: { type: "string" },
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
  const fleet = fleetOf(values);
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  const { runLab } = await loadLab();
  const code = await runLab({
    flavour,
    root: values.root === undefined ? null : existingFolder(values.root),
    jobFiles: jobFilesOf(values.job ?? []),
    brokerUrl: values.broker ?? null,
    once: values.once ?? false,
    fleet,
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

/** The virtual fleet that is asked for. Throws UsageError for its options without it. */
function fleetOf(values: {
  readonly fleet?: string;
  readonly scene?: readonly string[];
  readonly speed?: string;
  readonly port?: string;
}): LabOptions["fleet"] {
  const { fleet, scene: scenes = [], speed, port } = values;
  if (fleet === undefined) {
    const needless = Object.entries({ scene: values.scene, speed, port }).find(([, value]) => value !== undefined);
    if (needless !== undefined) throw new UsageError(`--${needless[0]} needs --fleet N`);
    return null;
  }
  return {
    count: number("fleet", fleet, 1, 20_000),
    scenes,
    speed: number("speed", speed ?? "1", 1, 86_400),
    port: number("port", port ?? "0", 0, 65_535),
  };
}

function number(option: string, text: string, least: number, most: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : -1;
  if (value >= least && value <= most) return value;
  throw new UsageError(`Cannot use --${option} "${text}": must be a whole number from ${least} to ${most}`);
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
