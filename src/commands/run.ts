import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { artifactVersions } from "../adapters/artifacts-folder.js";
import { isSchedule, onSchedule } from "../adapters/cron.js";
import { fileStore } from "../adapters/file-store.js";
import { connectGreengrass, type Greengrass } from "../adapters/greengrass.js";
import { jobCopies } from "../adapters/job-copies.js";
import { linuxHost } from "../adapters/linux-host.js";
import { pinoLog } from "../adapters/log.js";
import { createAgent } from "../agent.js";
import { parseSettings, type Settings } from "../config.js";
import { findDeployed } from "../deployed.js";
import { detectFacts } from "../device/detect.js";
import { ConnectionLostError, InvalidInputError, UsageError } from "../errors.js";
import { sourceWithCopies } from "../job/source.js";
import { type LiveSettings, liveSettings } from "../live-settings.js";
import { deliver, type Later } from "../outbox/deliver.js";
import { openOutbox } from "../outbox/outbox.js";
import type { Report, Trigger } from "../report/report.js";
import { createTimetable } from "../timetable.js";
import { type Command, parseOptions } from "./command.js";
import { existingFolder } from "./existing-folder.js";
import { jobSource } from "./job-source.js";

/** How long the end may take: Greengrass kills after 5 s. */
const END_LIMIT_MS = 1_500;
const CONFIGURATION_SETTLE_MS = 1_000;

/**
 * `packdrift run`: the Greengrass component. Ends with 0 on SIGTERM, with 1 when only a restart helps (the connection to
 * the nucleus is lost), with 3 when the very first configuration is bad.
 */
export const run: Command = async (args, terminal) => {
  const options = { root: { type: "string" }, work: { type: "string" } } as const;
  const { values } = parseOptions(args, options);
  const { env } = terminal;
  const root = existingFolder(values.root ?? env["PACKDRIFT_ROOT"]);
  const thing = env["AWS_IOT_THING_NAME"] ?? "";
  if (thing === "") throw new UsageError("Cannot run: AWS_IOT_THING_NAME is not set, as Greengrass sets it");
  const work = values.work ?? process.cwd();
  const log = pinoLog("info");
  const end = ending();
  process.on("SIGTERM", () => end.with(0));
  process.on("SIGINT", () => end.with(0));

  findBinary();
  log.info("agent.starting", { version: PACKDRIFT_VERSION, thing, node: process.version, root });
  const greengrass = await connectGreengrass((reason) => {
    log.error("nucleus.lost", { reason, reaction: "ending with 1, to be started anew with a new token" });
    end.with(1);
  }).catch((error: unknown) => {
    if (!(error instanceof ConnectionLostError)) throw error;
    log.error("nucleus.unreachable", { message: error.message });
    return null;
  });
  if (greengrass === null) return 1;

  const settings = await readSettings(greengrass, fileStore(work), log);
  log.setLevel(settings.current().logLevel);
  const outbox = openOutbox({
    store: fileStore(join(work, "outbox")),
    maxBytes: settings.current().outboxMaxBytes,
    newEpoch: () => `${Date.now().toString(36)}${randomBytes(4).toString("hex")}`,
    onProblem: (problem) => log.error("outbox.problem", { problem }),
  });
  const delivery = deliver({
    outbox,
    transport: { name: "ipc", publish: greengrass.publish },
    topicOf: (report) => topicOf(report, settings.current().topicPrefix),
    maxMessageBytes: () => settings.current().maxMessageBytes,
    later,
    random: Math.random,
    onEvent: ({ event, ...fields }) => log[event === "report.delivered" ? "info" : "warn"](event, fields),
  });
  const greengrassRoot = dirname(env["GG_ROOT_CA_PATH"] ?? "/greengrass/v2/rootCA.pem");
  const deployedPlaces = {
    componentDetails: greengrass.componentDetails,
    isConfigured: greengrass.isConfigured,
    artifactVersions: (component: string) => artifactVersions(greengrassRoot, component),
  };
  const copies = jobCopies(join(work, "jobs"));
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const agent = createAgent({
    thing,
    version: PACKDRIFT_VERSION,
    nodeVersion: process.version,
    transport: "ipc",
    log,
    now: () => new Date(),
    settings: settings.current,
    settingsProblem: settings.problem,
    findJob: (ref, signal) => sourceWithCopies(jobSource(settings.current().source, env), copies, sha256)(ref, signal),
    readFacts: () => detectFacts(linuxHost(root)),
    findDeployed: (component) => findDeployed(component, settings.current().deployedVersion, deployedPlaces),
    outbox,
    delivery,
  });

  const check = (trigger: Trigger) =>
    agent.check(trigger).catch((error: unknown) => {
      log.error("check.failed", { trigger, stack: error instanceof Error ? error.stack : String(error) });
      end.with(1);
    });
  const timetable = createTimetable({ thing, onSchedule, later, due: () => void check("SCHEDULE") });
  timetable.set(settings.current());
  await followConfiguration(greengrass, settings, (changed) => {
    log.info("configuration.changed", { keys: changed });
    log.setLevel(settings.current().logLevel);
    timetable.set(settings.current());
    void check("CONFIG_CHANGE");
  });
  void greengrass.running().catch((error: Error) => log.warn("nucleus.state-refused", { message: error.message }));
  void check("START");

  const code = await end.code;
  log.info("agent.ending", { code, waiting: outbox.waiting });
  timetable.stop();
  agent.stop();
  await Promise.race([
    delivery.stop().then(() => greengrass.close()),
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
function findBinary(): void {
  const variable = "AWS_CRT_NODEJS_BINARY_ABSOLUTE_PATH";
  process.env[variable] ??= join(dirname(fileURLToPath(import.meta.url)), `aws-crt-${process.arch}.node`);
  const path = process.env[variable];
  if (existsSync(path)) return;
  throw new UsageError(
    `Cannot load the native part of aws-iot-device-sdk-v2: needs "${path}" for ${process.platform} ${process.arch}, which is not there`,
  );
}

function readSettings(
  greengrass: Greengrass,
  store: ReturnType<typeof fileStore>,
  log: ReturnType<typeof pinoLog>,
): Promise<LiveSettings<Settings>> {
  return liveSettings({
    read: greengrass.configuration,
    parse: parseWithSchedule,
    lastGood: {
      load() {
        try {
          return JSON.parse(store.read("settings.json") ?? "null");
        } catch {
          return null;
        }
      },
      save(raw) {
        try {
          const text = JSON.stringify(raw);
          if (store.read("settings.json") !== text) store.write("settings.json", text);
        } catch (error) {
          log.warn("configuration.not-kept", { message: error instanceof Error ? error.message : String(error) });
        }
      },
    },
    onRefused: (message) => log.error("configuration.refused", { message, reaction: "keeping the last good one" }),
  });
}

/** The scheduler has the last word on cron expressions. */
function parseWithSchedule(raw: unknown): Settings {
  const settings = parseSettings(raw);
  if (isSchedule(settings.schedule)) return settings;
  throw new InvalidInputError(
    `Cannot read setting "schedule": must be a cron expression of 5 or 6 fields, is "${settings.schedule}"`,
  );
}

/** Configuration events come one per changed leaf: they are let settle, then everything is read anew. */
async function followConfiguration(
  greengrass: Greengrass,
  settings: LiveSettings<Settings>,
  onChange: (keys: readonly string[]) => void,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await greengrass.onConfigurationChange(() => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const before = settings.problem();
      const changed = await settings.refresh().catch(() => []);
      if (changed.length > 0 || settings.problem() !== before) onChange(changed);
    }, CONFIGURATION_SETTLE_MS);
  });
}

const later: Later = (milliseconds, action) => {
  const timer = setTimeout(action, milliseconds);
  return () => clearTimeout(timer);
};

function topicOf(report: Report, prefix: string): string {
  return `${prefix}/${report.thing}/${report.kind === "COMPLETE" ? "report" : "heartbeat"}`;
}
