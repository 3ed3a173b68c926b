import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type Ending,
  FORGET_AFTER_MS,
  noneAhead,
  parseEndings,
  patienceMs,
  withEnding,
} from "../agent/connection/restarts.js";
import { type AgentContext, startOne } from "../agent/context.js";
import { runSession } from "../agent/session.js";
import { backoffMs } from "../base/backoff.js";
import { messageOf, UsageError } from "../base/errors.js";
import { segmentFolder } from "../outbox/segment-folder.js";
import { type FileStore, fileStore } from "../platform/file-store.js";
import { pinoLog } from "../platform/pino-log.js";
import type { Trigger } from "../report/report.js";
import { mendNativePart } from "../transports/greengrass/native-part.js";
import { type Command, parseOptions } from "./shared/command.js";
import { existingFolder } from "./shared/existing-folder.js";

/** A life that long was a good one: the next wait is short again. */
const GOOD_LIFE_MS = 60_000;
/** Between attempts to connect again. */
const CONNECT_BACKOFF = { firstMs: 1_000, lastMs: 300_000 };
const ENDINGS = "restarts.json";

const OPTIONS = {
  root: { type: "string" },
  work: { type: "string" },
  config: { type: "string" },
  thing: { type: "string" },
} as const;

/**
 * `packdrift run`: the Greengrass component. This process only keeps: the connection, the outbox, the clock; each check is
 * made by a short-lived examiner beside it. Ends with 0 on SIGTERM, with 3 when the very first configuration is bad, and
 * with 1 when a restart may help against a lost connection; when one has just not helped, it stays and tries to connect
 * again until the nucleus has forgotten that restart (restarts.ts). With `--config FILE` it runs without Greengrass, and
 * needs `transport: mqtt` there.
 */
export const run: Command = async (args, terminal) => {
  const { values } = parseOptions(args, OPTIONS);
  const { env } = terminal;
  const root = existingFolder(values.root ?? env.PACKDRIFT_ROOT);
  const thing = values.thing ?? env.AWS_IOT_THING_NAME ?? "";
  if (!/^[a-zA-Z0-9:_-]{1,128}$/.test(thing)) {
    throw new UsageError(
      `Cannot run as thing "${thing}": needs AWS_IOT_THING_NAME, as Greengrass sets it, or --thing NAME`,
    );
  }
  const work = values.work ?? process.cwd();
  const bundle = fileURLToPath(import.meta.url);
  const log = pinoLog("info");
  const greengrassRoot = rootOfGreengrass(bundle, env.GG_ROOT_CA_PATH);
  const store = fileStore(work);
  const segments = segmentFolder(join(work, "outbox"));
  const config = values.config ?? null;
  const place: AgentContext = { thing, root, work, config, bundle, greengrassRoot, env, log, store, segments };
  const stopped = new Promise<"stopped">((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => resolve("stopped"));
  });

  // The first examiner gets ready on another core while this process loads the native client and connects.
  const ready = startOne(place);
  findBinary(dirname(bundle));
  log.info("agent.starting", { version: PACKDRIFT_VERSION, thing, node: process.version });
  await mendNativePart();
  const kept = parseEndings(read(store));
  let endings = noneAhead(kept, Date.now());
  if (endings !== kept) remember(store, endings);
  let trigger: Trigger = "START";
  for (let attempt = 0; ; attempt++) {
    const from = performance.now();
    const end = await runSession(place, trigger, attempt === 0 ? ready : null, stopped);
    // The native part can keep the process alive after its close.
    if (typeof end === "number") process.exit(end);
    const { loss, message } = end;
    endings = noneAhead(endings, Date.now());
    let patience = patienceMs(endings, loss, Date.now());
    const problem =
      patience > 0 ? null : remember(store, withEnding(endings, { at: new Date().toISOString(), cause: loss }));
    if (problem !== null) {
      // Nobody would remember that a restart was tried: this process's own age tells whether the nucleus forgets it.
      patience = Math.max(0, FORGET_AFTER_MS - process.uptime() * 1_000);
      log.warn("restart.not-kept", { message: problem });
    }
    if (patience === 0) {
      log.error("nucleus.lost", { loss, message, reaction: "ending with 1, to be started anew with a new token" });
      process.exit(1);
    }
    if (performance.now() - from > GOOD_LIFE_MS) attempt = 0;
    const retryInMs = Math.min(backoffMs(attempt + 1, CONNECT_BACKOFF, Math.random), patience);
    const reaction = "a restart has not helped, trying to connect again";
    log.error("nucleus.waiting", { loss, message, reaction, retryInMs, restartInMs: patience });
    if ((await Promise.race([stopped, sleep(retryInMs)])) === "stopped") process.exit(0);
    trigger = "RECONNECT";
  }
};

/**
 * Greengrass' root folder: the bundle lies in `<root>/packages/artifacts/<name>/<version>/`. Run from elsewhere, its root certificate
 * tells, which lies in the root unless the operator has put it elsewhere.
 */
export function rootOfGreengrass(bundle: string, rootCertificate: string | undefined): string {
  const [, root] = /^(.*)\/packages\/artifacts\/[^/]+\/[^/]+\/[^/]+$/.exec(bundle) ?? [];
  return root ?? dirname(rootCertificate || "/greengrass/v2/rootCA.pem");
}

/** The native part of the SDK lies beside the bundle, unless the recipe says otherwise. */
function findBinary(folder: string): void {
  const variable = "AWS_CRT_NODEJS_BINARY_ABSOLUTE_PATH";
  const path = process.env[variable] || join(folder, `aws-crt-${process.arch}.node`);
  process.env[variable] = path;
  if (existsSync(path)) return;
  throw new UsageError(
    `Cannot load the native part of aws-iot-device-sdk-v2: needs "${path}" for ${process.platform} ${process.arch}, which is not there`,
  );
}

function read(store: FileStore): string | null {
  try {
    return store.read(ENDINGS);
  } catch {
    return null;
  }
}

/** Null, or why the endings could not be kept. */
function remember(store: FileStore, endings: readonly Ending[]): string | null {
  try {
    store.write(ENDINGS, JSON.stringify(endings));
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

function sleep(milliseconds: number): Promise<"over"> {
  return new Promise((resolve) => setTimeout(() => resolve("over"), milliseconds));
}
