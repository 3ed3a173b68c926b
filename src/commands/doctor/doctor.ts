import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { messageOf, UsageError } from "../../base/errors.js";
import { COMPONENT } from "../../base/names.js";
import { reasonOf } from "../../base/system-errors.js";
import { GREENGRASS_ROOTS } from "../../model/find-models.js";
import { readExistingFile } from "../../platform/safe-files.js";
import { parseYamlDocument } from "../../platform/yaml.js";
import type { connectGreengrass } from "../../transports/greengrass/connection.js";
import { DOCTOR } from "../help/specs/doctor.js";
import type { Command } from "../shared/command.js";
import { hostAt } from "../shared/host-at.js";
import { parseOptions } from "../shared/parse-options.js";
import { textStyle } from "../shared/terminal.js";
import { doctorPage } from "./doctor-page.js";
import type { RawConfiguration } from "./examine-configuration.js";
import { lastGoodConfiguration } from "./last-good-configuration.js";
import { reachNucleus } from "./reach-nucleus.js";
import { renderDoctor } from "./render-doctor.js";
import { isRunningIn } from "./running.js";

/** What only the file of the resident program contains. */
export interface KeeperCode {
  /** The address of its file, packdrift.mjs. */
  readonly url: string;
  readonly connectGreengrass: typeof connectGreengrass;
}

/** `packdrift doctor`: tries everything that packdrift needs here, and says what to do. Exits with 0 if all is well, else 1. */
export function doctor({ url, connectGreengrass: connectTo }: KeeperCode): Command {
  return async (args, terminal) => {
    const { values } = parseOptions(args, DOCTOR);
    const { env } = terminal;
    const thing = values.thing ?? (env.AWS_IOT_THING_NAME || null);
    const nativeFile =
      env.AWS_CRT_NODEJS_BINARY_ABSOLUTE_PATH || join(dirname(fileURLToPath(url)), `aws-crt-${process.arch}.node`);
    process.env.AWS_CRT_NODEJS_BINARY_ABSOLUTE_PATH = nativeFile;
    const work = workFolder(values.work, env);
    const reached = await reachNucleus(env, thing, GREENGRASS_ROOTS, connectTo);
    const configuration =
      values.config === undefined ? storedConfiguration(reached, work) : fileConfiguration(values.config);
    const page = await doctorPage({
      askedAt: "COMMAND_LINE",
      thing,
      env,
      host: hostAt(values.root),
      nativeFile,
      work,
      greengrassRoots: GREENGRASS_ROOTS,
      configuration,
      nucleus: reached.nucleus,
      connection: reached.lines,
      withoutGreengrass: reached.nucleus === null && !GREENGRASS_ROOTS.some((root) => existsSync(root)),
      noSession: isRunningIn(work)
        ? "packdrift is running on this device: a second session under its client id would take its connection"
        : null,
      queryEdgeAgent: async (socket, component) =>
        (await import("../../examiner/deployed/edge-agent.js")).queryEdgeAgent(socket, component),
    });
    terminal.out(values.json ? `${JSON.stringify(page, null, 1)}\n` : renderDoctor(page, textStyle(terminal)));
    void reached.close();
    return page.well ? 0 : 1;
  };
}

/** The folder that `--work` names or that the component runs in; otherwise the one where packdrift usually runs. */
function workFolder(named: string | undefined, env: Readonly<Record<string, string | undefined>>): string | null {
  if (named !== undefined) return named;
  if (env.SVCUID) return process.cwd();
  const usual = [...GREENGRASS_ROOTS.map((root) => join(root, "work", COMPONENT)), "/var/lib/packdrift"];
  return usual.find((folder) => existsSync(folder)) ?? null;
}

/** The configuration that the nucleus has, otherwise the one that the component used last. */
function storedConfiguration(
  { nucleus, configuration }: { readonly nucleus: object | null; readonly configuration: unknown },
  work: string | null,
): RawConfiguration | null {
  if (nucleus !== null) return { raw: configuration, from: "the nucleus" };
  return work === null ? null : lastGoodConfiguration(work);
}

function fileConfiguration(path: string): RawConfiguration {
  let text: string;
  try {
    text = readExistingFile(path).toString("utf8");
  } catch (cause) {
    throw new UsageError(`Cannot read --config "${path}": ${reasonOf(cause)}`, { cause });
  }
  try {
    return { raw: parseYamlDocument(text), from: path };
  } catch (error) {
    // Passed as a string, so that it is reported like any other configuration that is not an object.
    return { raw: messageOf(error), from: path };
  }
}
