import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { withoutGreengrass } from "../adapters/config-file.js";
import { startExaminer } from "../adapters/examiner.js";
import { fileStore } from "../adapters/file-store.js";
import { connectGreengrass, type Greengrass } from "../adapters/greengrass.js";
import { pinoLog } from "../adapters/log.js";
import { bootClock, ed25519Signer, sha256 } from "../adapters/seals.js";
import { segmentFolder } from "../adapters/segment-folder.js";
import { ConfigurationError, createAgent, type Done, type LastGood } from "../agent.js";
import { ConnectionLostError, ExpectedError, UsageError } from "../errors.js";
import type { Examination } from "../examine.js";
import { deliver, type Later } from "../outbox/deliver.js";
import { openOutbox } from "../outbox/outbox.js";
import { CODE_CACHE } from "../packed-code.js";
import type { Report, Trigger } from "../report/report.js";
import { type Command, parseOptions } from "./command.js";
import type { Ask } from "./examine.js";
import { existingFolder } from "./existing-folder.js";
import { wayToCloud } from "./transport.js";
import { LAST_GOOD } from "./work-folder.js";

/** How long the end may take: Greengrass kills after 5 s. */
const END_LIMIT_MS = 1_500;
const CONFIGURATION_SETTLE_MS = 1_000;
/** Until the first examination has told the setting. */
const OUTBOX_MAX_BYTES = 16 * 2 ** 20;

const OPTIONS = {
  root: { type: "string" },
  work: { type: "string" },
  config: { type: "string" },
  thing: { type: "string" },
} as const;

/**
 * `packdrift run`: the Greengrass component. This process only keeps: the connection, the outbox, the clock; each check is
 * made by a short-lived examiner beside it. Ends with 0 on SIGTERM, with 1 when only a restart helps (the connection to
 * the nucleus is lost), with 3 when the very first configuration is bad. With `--config FILE` it runs without Greengrass, and
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
  const end = ending();
  process.on("SIGTERM", () => end.with(0));
  process.on("SIGINT", () => end.with(0));

  const lastGood = lastGoodIn(fileStore(work), (message) => log.warn("configuration.not-kept", { message }));
  const greengrassRoot = dirname(env.GG_ROOT_CA_PATH || "/greengrass/v2/rootCA.pem");
  const startOne = () => {
    const places = ["--root", root, "--work", work, "--greengrass-root", greengrassRoot];
    const flags = asksNoApi(lastGood.load()) ? ["--no-api"] : [];
    return startExaminer({
      command: process.execPath,
      args: [bundle, "examine", ...places, ...flags],
      env: { ...env, [CODE_CACHE]: join(work, `code-${PACKDRIFT_VERSION}-${process.version}.cache`) },
    });
  };
  // The first examiner gets ready on another core while this process loads the native client and connects.
  let ready: ReturnType<typeof startOne> | null = startOne();
  let current = ready;

  findBinary(dirname(bundle));
  log.info("agent.starting", { version: PACKDRIFT_VERSION, thing, node: process.version });
  const nucleus =
    values.config !== undefined
      ? null
      : await connectGreengrass((reason) => {
          log.error("nucleus.lost", { reason, reaction: "ending with 1, to be started anew with a new token" });
          end.with(1);
        }).catch((error: unknown) => {
          if (!(error instanceof ConnectionLostError)) throw error;
          log.error("nucleus.unreachable", { message: error.message });
          return null;
        });
  const greengrass = values.config !== undefined ? withoutGreengrass(values.config) : nucleus;
  if (greengrass === null) {
    current.kill();
    process.exit(1);
  }

  let settings: Done["settings"] | null = null;
  const clock = bootClock();
  const way = wayToCloud({ thing, nucleus, outbox: () => outbox, log });
  const sign = signer(
    () => settings?.signingKey ?? join(work, "signing-key.pem"),
    (message) => log.error("report.not-signed", { message }),
  );
  const outbox = openOutbox({
    store: segmentFolder(join(work, "outbox")),
    maxBytes: () => settings?.outboxMaxBytes ?? OUTBOX_MAX_BYTES,
    newEpoch: () => `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 10)}`,
    now: clock,
    digest: sha256,
    sign,
    onProblem: (problem) => log.error("outbox.problem", { problem }),
  });
  const delivery = deliver({
    outbox,
    transport: way.transport,
    topicOf: (report) => topicOf(report, settings?.topicPrefix ?? ""),
    maxMessageBytes: () => settings?.maxMessageBytes ?? 0,
    later,
    nowMs: () => clock().bootMs,
    random: Math.random,
    onEvent: ({ event, ...fields }) => log[event === "report.delivered" ? "info" : "warn"](event, fields),
  });
  let configuration: unknown = null;
  const agent = createAgent({
    thing,
    version: PACKDRIFT_VERSION,
    nodeVersion: process.version,
    get transport() {
      return nucleus === null || asksForMqtt(configuration) ? "mqtt" : "ipc";
    },
    log,
    now: () => new Date(),
    later,
    async readConfiguration() {
      configuration = await greengrass.configuration();
      return configuration;
    },
    lastGood,
    async examine(request) {
      current = ready ?? startOne();
      ready = null;
      return (await current.ask(request, (question) => answer(question as Ask, greengrass))) as Examination;
    },
    onDone(done) {
      if (done.settings.logLevel !== settings?.logLevel) log.setLevel(done.settings.logLevel);
      settings = done.settings;
      if (nucleus === null && settings.transport === "ipc") {
        log.error("configuration.refused", { message: 'Without Greengrass "transport" must be mqtt, is ipc' });
        end.with(3);
      }
      way.follow(settings);
    },
    outbox,
    delivery,
  });

  const check = async (trigger: Trigger): Promise<void> => {
    try {
      await agent.check(trigger);
    } catch (error) {
      if (!(error instanceof ExpectedError || error instanceof ConfigurationError)) throw error;
      log.error("check.failed", { trigger, message: error.message });
      // Without a first check there is nothing to go on with.
      if (settings === null) end.with(error instanceof ConfigurationError ? 3 : 1);
    }
  };
  await followConfiguration(greengrass, () => void check("CONFIG_CHANGE"));
  void greengrass.running().catch((error: Error) => log.warn("nucleus.state-refused", { message: error.message }));
  void check("START");

  const code = await end.code;
  log.info("agent.ending", { code, waiting: outbox.waiting });
  agent.stop();
  current.kill();
  await Promise.race([
    delivery
      .stop()
      .then(() => way.close())
      .then(() => greengrass.close()),
    new Promise((resolve) => setTimeout(resolve, END_LIMIT_MS)),
  ]);
  // The native part can keep the process alive after its close.
  process.exit(code);
};

/** The first of several reasons to end decides the exit code. */
function ending() {
  let decide: (code: number) => void = () => undefined;
  const code = new Promise<number>((resolve) => {
    decide = resolve;
  });
  return { code, with: decide };
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

function lastGoodIn(store: ReturnType<typeof fileStore>, onProblem: (message: string) => void): LastGood {
  const read = () => {
    try {
      return store.read(LAST_GOOD) ?? "null";
    } catch {
      return "null";
    }
  };
  return {
    load() {
      try {
        return JSON.parse(read());
      } catch {
        return null;
      }
    },
    save(raw) {
      const text = JSON.stringify(raw);
      try {
        if (read() !== text) store.write(LAST_GOOD, text);
      } catch (error) {
        onProblem(error instanceof Error ? error.message : String(error));
      }
    },
  };
}

/** Whether AWS's client need not be loaded ahead, by the configuration of the last life. */
function asksNoApi(configuration: unknown): boolean {
  return (configuration as { source?: { type?: unknown } } | null)?.source?.type === "file";
}

function asksForMqtt(configuration: unknown): boolean {
  return (configuration as { transport?: unknown } | null)?.transport === "mqtt";
}

/** Signs where there is a key, looked for once; a key that cannot be used is told once, and reports go unsigned. */
function signer(path: () => string, onProblem: (message: string) => void): (text: string) => string | null {
  let sign: ((text: string) => string) | null | undefined;
  return (text) => {
    if (sign === undefined) {
      try {
        sign = ed25519Signer(path());
      } catch (error) {
        onProblem(error instanceof Error ? error.message : String(error));
        sign = null;
      }
    }
    return sign?.(text) ?? null;
  };
}

/** What is needed of the nucleus, or of what stands in its place. */
type Surroundings = Pick<Greengrass, "onConfigurationChange" | "componentDetails" | "isConfigured">;

/** What the examiner wants to know of the nucleus. */
function answer(question: Ask, greengrass: Surroundings): Promise<unknown> {
  switch (question.what) {
    case "component-details":
      return greengrass.componentDetails(question.component);
    case "is-configured":
      return greengrass.isConfigured(question.component).catch(() => false);
  }
}

/** Configuration events come one per changed leaf: they are let settle. */
async function followConfiguration(greengrass: Surroundings, onChange: () => void): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await greengrass.onConfigurationChange(() => {
    clearTimeout(timer);
    timer = setTimeout(onChange, CONFIGURATION_SETTLE_MS);
  });
}

const later: Later = (milliseconds, action) => {
  const timer = setTimeout(action, milliseconds);
  return () => clearTimeout(timer);
};

function topicOf(report: Report, prefix: string): string {
  return `${prefix}/${report.thing}/${report.kind === "COMPLETE" ? "report" : "heartbeat"}`;
}
