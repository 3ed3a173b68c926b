import { existsSync, realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type AgentContext, examinerFor } from "../agent/context.js";
import { runSession } from "../agent/session.js";
import { runSessions } from "../agent/sessions.js";
import { ExpectedError, UsageError } from "../base/errors.js";
import { examinerArguments, examinerFile } from "../bundle/examiner-file.js";
import { segmentFolder } from "../outbox/segment-folder.js";
import { bootClock } from "../platform/boot-clock.js";
import { fileStore } from "../platform/file-store.js";
import { pinoLog } from "../platform/pino-log.js";
import { isNucleusListening } from "../transports/greengrass/listening.js";
import { loadNativePart } from "../transports/greengrass/native-part.js";
import { withoutGreengrass } from "../transports/without-greengrass.js";
import { RUN } from "./help/specs/run.js";
import type { Command } from "./shared/command.js";
import { existingFolder } from "./shared/existing-folder.js";
import { parseOptions } from "./shared/parse-options.js";
import type { Terminal } from "./shared/terminal.js";

/**
 * `packdrift run`: the Greengrass component. This process is the keeper, which holds the connection, the outbox and the clock;
 * each check is made by a short-lived examiner process. Exits with 0 on SIGTERM, with 3 when the first configuration is bad, and
 * with 1 when a restart may help against a lost connection (sessions.ts). With `--config FILE` it runs without Greengrass, and
 * that file must set `transport: mqtt`.
 */
export const run: Command = async (args, terminal) => {
  const context = contextOf(args, terminal);
  const { thing, log, store } = context;
  const stopped = new Promise<"stopped">((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => resolve("stopped"));
  });

  const folder = dirname(fileURLToPath(import.meta.url));
  assertInstalled("the examiner's program", examinerFile(folder).path);
  const refusal = context.config === null ? null : await startRefusal(context, context.config);
  if (refusal !== null) {
    if (terminal.isTerminal) throw new ExpectedError(refusal);
    log.error("configuration.refused", { message: refusal, reaction: "ending with 3" });
    process.exit(3);
  }
  // The first examiner gets ready on another core while this process loads the native client and connects.
  const ahead = examinerFor(context);
  const nativePart = nativePartIn(folder);
  log.info("agent.starting", { version: PACKDRIFT_VERSION, thing, node: process.version });
  await loadNativePart(nativePart, context.work);
  const code = await runSessions({
    log,
    store,
    runSession: (trigger, isFirst) => runSession(context, trigger, isFirst ? ahead : null, stopped),
    isListening: () => isNucleusListening(process.env),
    sleep: (milliseconds) => Promise.race([stopped, sleep(milliseconds)]),
    nowMs: Date.now,
    uptimeMs: () => process.uptime() * 1_000,
    random: Math.random,
  });
  // The native part can keep the process alive after its close.
  process.exit(code);
};

/**
 * Why the component cannot start without Greengrass with the configuration in this file, in one sentence; null if it
 * can.
 */
async function startRefusal(context: AgentContext, file: string): Promise<string | null> {
  const configuration = await withoutGreengrass(file).configuration().catch(messageIn);
  if (typeof configuration !== "string") return configuration.problem;
  const examiner = examinerFor(context, "no check");
  // An examiner that cannot run is reported by the first check.
  const answer = await examiner.startProblem(configuration).catch(messageIn);
  return typeof answer === "object" ? null : answer;
}

function messageIn(error: unknown): { readonly problem: string } {
  if (!(error instanceof ExpectedError)) throw error;
  return { problem: error.message };
}

/** The context of this process, from its arguments and environment. Throws UsageError. */
function contextOf(args: readonly string[], { env }: Terminal): AgentContext {
  const { values } = parseOptions(args, RUN);
  const root = existingFolder(values.root ?? env.PACKDRIFT_ROOT);
  const thing = values.thing ?? env.AWS_IOT_THING_NAME ?? "";
  if (!/^[a-zA-Z0-9:_-]{1,128}$/.test(thing)) {
    throw new UsageError(
      `Cannot run as thing "${thing}": needs AWS_IOT_THING_NAME, as Greengrass sets it, or --thing NAME`,
    );
  }
  const work = realFolder(values.work ?? process.cwd());
  const bundle = fileURLToPath(import.meta.url);
  const greengrassRoot = rootOfGreengrass(bundle, env.GG_ROOT_CA_PATH);
  const codeCache = `code-${PACKDRIFT_VERSION}-${process.version}.cache`;
  const file = examinerFile(dirname(bundle));
  const folderOptions = ["--root", root, "--work", work, "--greengrass-root", greengrassRoot];
  return {
    thing,
    root,
    work,
    config: values.config ?? null,
    greengrassRoot,
    examiner: {
      command: process.execPath,
      args: examinerArguments(file, join(work, codeCache), folderOptions),
      env,
      whyBroken: async () => (await import("../bundle/program-file.js")).problemOfFile(file),
    },
    codeCache,
    clock: bootClock(),
    log: pinoLog("info"),
    store: fileStore(work),
    segments: segmentFolder(join(work, "outbox")),
  };
}

/** The real path of a folder that the user named; the path unchanged if it does not exist yet. */
function realFolder(path: string): string {
  return existsSync(path) ? realpathSync(path) : resolve(path);
}

/**
 * Greengrass's root folder, found from the bundle's path, `<root>/packages/artifacts/<name>/<version>/`. When run from elsewhere,
 * it is the folder of the root certificate, which is the root folder unless the operator moved the certificate.
 */
function rootOfGreengrass(bundle: string, rootCertificate: string | undefined): string {
  const [, root] = /^(.*)\/packages\/artifacts\/[^/]+\/[^/]+\/[^/]+$/.exec(bundle) ?? [];
  return root ?? dirname(rootCertificate || "/greengrass/v2/rootCA.pem");
}

/** The native part of the SDK: in the bundle's folder, unless the recipe sets another path. Throws ExpectedError. */
function nativePartIn(folder: string): string {
  const path = process.env.AWS_CRT_NODEJS_BINARY_ABSOLUTE_PATH || join(folder, `aws-crt-${process.arch}.node`);
  assertInstalled(`the native part of aws-iot-device-sdk-v2 for ${process.platform} ${process.arch}`, path);
  return path;
}

function assertInstalled(what: string, path: string): void {
  if (!existsSync(path))
    throw new ExpectedError(`Cannot load ${what}: needs "${path}", which is not there; deploy the component again`);
}

function sleep(milliseconds: number): Promise<"over"> {
  return new Promise((resolve) => setTimeout(() => resolve("over"), milliseconds));
}
