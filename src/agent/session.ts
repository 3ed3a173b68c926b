import { join } from "node:path";
import { backoffMs } from "../base/backoff.js";
import type { Later } from "../base/clock.js";
import { ConnectionLostError, ExpectedError, type Loss, messageOf } from "../base/errors.js";
import type { Examiner } from "../examiner/process.js";
import { deliver } from "../outbox/deliver.js";
import { openOutbox } from "../outbox/outbox.js";
import { bootClock } from "../platform/boot-clock.js";
import { ed25519Signer } from "../platform/seals.js";
import type { Report, Trigger } from "../report/report.js";
import { connectGreengrass, type Greengrass } from "../transports/greengrass/connection.js";
import { nativeSums } from "../transports/greengrass/native-sums.js";
import { withoutGreengrass } from "../transports/without-greengrass.js";
import { type CheckResult, ConfigurationError, createAgent } from "./checks.js";
import { cloudRoute } from "./cloud.js";
import { NOTHING_OFFERED, probeCapabilities } from "./connection/capabilities.js";
import { splitAfterDrop } from "./connection/split-after-drop.js";
import { type AgentContext, lastGoodIn, startOne, tidyUp } from "./context.js";
import { listen } from "./listen.js";
import type { Desired } from "./shadow/keep.js";
import { vetoBadConfigurations } from "./veto.js";

/** An exit code, or that the connection could not be made or is lost. */
export type End = number | { readonly loss: Loss; readonly message: string };

/** How long the end may take: Greengrass kills after 5 s. */
const END_LIMIT_MS = 1_500;
const CONFIGURATION_SETTLE_MS = 1_000;
/** A configuration that never settles is looked at all the same. */
const LONGEST_SETTLE_MS = 10_000;
/** Between checks that fail as a whole. */
const CHECK_BACKOFF = { firstMs: 1_000, lastMs: 300_000 };
/** Until the first examination has told the setting. */
const OUTBOX_MAX_BYTES = 16 * 2 ** 20;

/** One life on one connection to the nucleus, or without Greengrass: connects, checks, delivers, until it is stopped or the connection is lost. */
export async function runSession(
  place: AgentContext,
  trigger: Trigger,
  firstExaminer: Examiner | null,
  stopped: Promise<"stopped">,
): Promise<End> {
  const { thing, work, log, store } = place;
  const end = ending();
  void stopped.then(() => end.with(0));
  let ready = firstExaminer;
  let current = ready;
  let nucleus: Greengrass | null = null;
  const split = splitAfterDrop(store);
  try {
    if (place.config === null) {
      const connecting = connectGreengrass({
        onLost(message) {
          split.onLost();
          end.with({ loss: "DROPPED", message });
        },
        onTrouble: (what, message) => log.warn("nucleus.trouble", { what, message }),
      });
      const connected = await Promise.race([connecting, stopped]);
      if (connected === "stopped") {
        connecting.catch(() => undefined);
        current?.kill();
        return 0;
      }
      nucleus = connected;
    }
  } catch (error) {
    current?.kill();
    if (error instanceof ConnectionLostError) return { loss: error.loss, message: error.message };
    throw error;
  }

  const greengrass = nucleus ?? withoutGreengrass(place.config ?? "");

  let settings: CheckResult["settings"] | null = null;
  let desired: Desired = {};
  const clock = bootClock();
  const sign = signer(
    () => settings?.signingKey ?? join(work, "signing-key.pem"),
    (message) => log.error("report.not-signed", { message }),
  );
  const sums = await nativeSums();
  const outbox = openOutbox({
    store: place.segments,
    maxBytes: () => settings?.outboxMaxBytes ?? OUTBOX_MAX_BYTES,
    newEpoch: () => `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 10)}`,
    now: clock,
    digest: sums.sha256,
    checksum: sums.crc32,
    sign,
    onProblem: (problem) => log.error("outbox.problem", { problem }),
  });
  const way = cloudRoute({
    thing,
    nucleus: nucleus === null ? null : { publish: split.watched(nucleus.publish), subscribe: nucleus.subscribe },
    outbox: () => outbox,
    log,
  });
  // What the nucleus cannot take a broker of our own may.
  const messageLimit = (most: number) => (way.transport.name === "ipc" ? split.limit(most) : most);
  const delivery = deliver({
    outbox,
    transport: way.transport,
    topicOf: (report) => topicOf(report, settings?.topicPrefix ?? ""),
    maxMessageBytes: () => messageLimit(settings?.maxMessageBytes ?? 0),
    later,
    nowMs: () => clock().bootMs,
    random: Math.random,
    onEvent: ({ event, ...fields }) => log[event === "report.delivered" ? "info" : "warn"](event, fields),
  });
  const noUpdates = (error: unknown) => {
    log.debug("deployments.not-announced", { message: messageOf(error) });
    return false;
  };
  const updates = greengrass.onDeployment(() => void check("DEPLOYMENT")).then(() => true, noUpdates);
  const capabilities = nucleus === null ? Promise.resolve(NOTHING_OFFERED) : probeCapabilities(nucleus, thing, updates);
  const agent = createAgent({
    thing,
    version: PACKDRIFT_VERSION,
    nodeVersion: process.version,
    log,
    now: () => new Date(),
    later,
    readConfiguration: () => greengrass.configuration(),
    desired: () => desired,
    lastGood: lastGoodIn(store, (message) => log.warn("configuration.not-kept", { message })),
    capabilities: () => capabilities,
    ipcProblems: () => split.problems(settings?.maxMessageBytes ?? null),
    async examine(request) {
      current = ready ?? startOne(place);
      ready = null;
      return current.check(request, {
        componentDetails: (component) => greengrass.componentDetails(component),
        isConfigured: (component) => greengrass.isConfigured(component).catch(() => false),
      });
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
    onSchedule: () => void check("SCHEDULE"),
    onChecked(done, reports) {
      ears.checked(done, reports);
      veto?.follow(done.settings.vetoBadConfiguration);
    },
    outbox,
    // Last, so that no report waits for it.
    delivery: { flush: () => delivery.flush().then(collectGarbage) },
  });

  const veto = nucleus === null ? null : vetoBadConfigurations(place, nucleus);
  // One reading at a time: who asks meanwhile shares it.
  let facts: Promise<unknown> | null = null;
  const ears = listen({
    place,
    greengrass,
    cloud: way.cloud,
    capabilities,
    trigger: (why) => void check(why),
    check: () => agent.check("COMMAND"),
    facts: () => {
      facts ??= startOne(place, "no check")
        .facts()
        .finally(() => {
          facts = null;
        });
      return facts;
    },
    async flush() {
      await delivery.flush("atOnce");
      return outbox.waiting;
    },
    onDeaf: () => way.resubscribe(),
    onDesired(next) {
      desired = next;
      void check("CONFIG_CHANGE");
    },
    later,
  });
  let failures = 0;
  let cancelRetry = () => {};
  let over = false;
  const check = async (why: Trigger): Promise<void> => {
    // What still comes of a life that has ended must not go on beside the next one.
    if (over) return;
    try {
      await agent.check(why);
      failures = 0;
      cancelRetry();
    } catch (error) {
      if (!(error instanceof ExpectedError)) throw error;
      if (over) return;
      const { message } = error;
      // Without a first good configuration there is nothing to go on with; all else may pass.
      if (error instanceof ConfigurationError && settings === null) {
        log.error("check.failed", { trigger: why, message, reaction: "ending with 3" });
        return end.with(3);
      }
      failures += 1;
      const retryInMs = backoffMs(failures, CHECK_BACKOFF, Math.random);
      log.error("check.failed", { trigger: why, message, retryInMs });
      cancelRetry();
      cancelRetry = later(retryInMs, () => void check(why));
    }
  };
  followConfiguration(greengrass, () => void check("CONFIG_CHANGE"));
  void greengrass.running().catch((error: Error) => log.warn("nucleus.state-refused", { message: error.message }));
  void check(trigger);
  tidyUp(place);

  const how = await end.how;
  over = true;
  log.info("agent.ending", { how: typeof how === "number" ? how : how.loss, waiting: outbox.waiting });
  agent.stop();
  cancelRetry();
  ears.stop();
  current?.kill();
  await Promise.race([
    delivery
      .stop()
      .then(() => way.close())
      .then(() => greengrass.close()),
    new Promise((resolve) => setTimeout(resolve, END_LIMIT_MS)),
  ]);
  // What still comes of a delivery that has not ended must not come in the way of the next life's.
  outbox.close();
  void way.close();
  return how;
}

/**
 * Gives back what calls to the nucleus have left: their native halves wait for V8's thorough collection, which it puts off
 * until tens of MB have come together. Some 10 ms; the recipe starts Node with --expose-gc.
 */
function collectGarbage(): void {
  globalThis.gc?.();
}

/** The first of several reasons to end decides. */
function ending() {
  let decide: (how: End) => void = () => undefined;
  const how = new Promise<End>((resolve) => {
    decide = resolve;
  });
  return { how, with: decide };
}

/** Signs where there is a key. One that cannot be used is told once, and reports go unsigned until it can. */
function signer(path: () => string, onProblem: (message: string) => void): (text: string) => string | null {
  let sign: ((text: string) => string) | null | undefined;
  let told = "";
  return (text) => {
    if (sign === undefined) {
      try {
        sign = ed25519Signer(path());
      } catch (error) {
        const message = messageOf(error);
        if (message !== told) onProblem(message);
        told = message;
      }
    }
    return sign?.(text) ?? null;
  };
}

/** What is needed of the nucleus, or of what stands in its place. */
type Surroundings = Pick<Greengrass, "onConfigurationChange">;

/** Configuration events come one per changed leaf: they are let settle. */
function followConfiguration(greengrass: Surroundings, onChange: () => void): void {
  let timer: NodeJS.Timeout | undefined;
  let latest = 0;
  greengrass.onConfigurationChange(() => {
    const now = performance.now();
    if (timer === undefined) latest = now + LONGEST_SETTLE_MS;
    clearTimeout(timer);
    timer = setTimeout(
      () => {
        timer = undefined;
        onChange();
      },
      Math.max(0, Math.min(CONFIGURATION_SETTLE_MS, latest - now)),
    );
  });
}

const later: Later = (milliseconds, action) => {
  const timer = setTimeout(action, milliseconds);
  return () => clearTimeout(timer);
};

function topicOf(report: Report, prefix: string): string {
  return `${prefix}/${report.thing}/${report.kind === "COMPLETE" ? "report" : "heartbeat"}`;
}
