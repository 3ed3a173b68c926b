import { laterByTimer as later } from "../base/clock.js";
import { messageOf } from "../base/errors.js";
import { WORK_FILES } from "../base/work-files.js";
import { CONFIGURATION_KEYS } from "../config/configuration-keys.js";
import type { Settings } from "../config/settings.js";
import type { Delivery } from "../outbox/deliver.js";
import { untrustedFileIn } from "../platform/file-store.js";
import { folderProblem } from "../platform/safe-files.js";
import type { Capabilities, Trigger } from "../report/report.js";
import type { Greengrass } from "../transports/greengrass/port.js";
import { withoutGreengrass } from "../transports/without-greengrass.js";
import { createAgent } from "./checks.js";
import type { CloudRoute } from "./cloud.js";
import { NOTHING_OFFERED, probeCapabilities } from "./connection/capabilities.js";
import type { MessageLimit } from "./connection/split-after-drop.js";
import type { AgentContext } from "./context.js";
import type { Examiners } from "./examiners.js";
import { startFollowers } from "./followers.js";
import type { GreengrassServices } from "./greengrass-services.js";
import { lastGoodIn } from "./last-good.js";
import type { CompletedExamination, ExaminationSource } from "./newest-good.js";
import { nucleusAnswers } from "./nucleus-answers.js";
import { openReports, type ReportRoute } from "./reports.js";
import { paced } from "./requests/paced.js";
import { retriedChecks } from "./retried-checks.js";
import { followConfiguration } from "./settings-events.js";
import type { Desired } from "./shadow/document.js";

interface Wiring {
  readonly context: AgentContext;
  /** Null on a device without Greengrass. */
  readonly nucleus: Greengrass | null;
  readonly split: MessageLimit;
  readonly examiners: Examiners;
  /** Ends the session with an exit code. */
  readonly endWith: (code: number) => void;
}

/** An assembled session. */
interface WiredSession {
  /** Runs the first check, and follows the configuration. */
  start(trigger: Trigger): void;
  /** How many reports are waiting. */
  waiting(): number;
  /** Stops everything and closes the connections. */
  stop(): Promise<void>;
}

/** How long closing may take: Greengrass kills the component after 5 s. */
const END_LIMIT_MS = 1_500;
/** The least time between checks for the desired state, as for requests. */
const DESIRED_GAP_MS = 3_000;

/** The mutable state of a session. */
interface SessionState {
  /** Null before the first check. */
  settings: Settings | null;
  desired: Desired;
}

/** Assembles a session. Files are watched at once, but nothing is checked before `start`. */
export async function wireSession(wiring: Wiring): Promise<WiredSession> {
  const { context, nucleus, split, examiners, endWith } = wiring;
  const { log, clock } = context;
  const greengrass: GreengrassServices = nucleus ?? withoutGreengrass(context.config ?? "");
  const state: SessionState = { settings: null, desired: {} };
  const settings = () => state.settings;
  const reports = await openReports({ context, nucleus, split, settings, later });
  const { outbox, route, delivery } = reports;
  const run = (trigger: Trigger) => void checks.run(trigger);
  const capabilities = capabilitiesOf(wiring, greengrass, () => run("DEPLOYMENT"));

  const agent = createAgent({
    ...examinationSource(wiring, greengrass, state, reports, capabilities),
    log,
    now: () => new Date(),
    later,
    onResult: (result) => applySettings(wiring, state, result, route),
    onSchedule: () => run("SCHEDULE"),
    onChecked(result, made) {
      for (const follower of followers) follower.checked(result, made);
    },
    outbox,
    delivery,
  });
  const hasSettings = () => state.settings !== null;
  const { random } = Math;
  const checks = retriedChecks({ check: agent.check, log, later, random, hasSettings, onHopeless: () => endWith(3) });
  const checkDesired = paced(() => checks.run("CONFIG_CHANGE"), DESIRED_GAP_MS, later);
  const onDesired = (desired: Desired) => {
    state.desired = desired;
    void checkDesired();
  };
  const check = () => agent.check("COMMAND");
  const followers = startFollowers({
    ...reports,
    ...{ context, greengrass, nucleus, capabilities, settings, check, trigger: run, onDesired, later },
  });

  return {
    start(trigger) {
      const subscribe = greengrass.onConfigurationChange;
      followConfiguration({ subscribe, later, nowMs: () => clock().bootMs, onSettled: () => run("CONFIG_CHANGE") });
      greengrass.running().catch((error: Error) => log.warn("nucleus.state-refused", { message: error.message }));
      run(trigger);
    },
    waiting: () => outbox.waiting,
    async stop() {
      checks.stop();
      agent.stop();
      for (const follower of followers) follower.stop();
      examiners.kill();
      await Promise.race([
        closeInOrder(delivery, route, greengrass),
        new Promise((late) => later(END_LIMIT_MS, () => late(null))),
      ]);
      // A delivery still in progress must not interfere with the next session.
      outbox.close();
      void route.close();
    },
  };
}

/** The inputs of an examination, from the nucleus and from this session's state. */
function examinationSource(
  { context, split, examiners }: Wiring,
  greengrass: GreengrassServices,
  state: SessionState,
  { outbox }: ReportRoute,
  capabilities: Promise<Capabilities>,
): ExaminationSource {
  const { thing, work, log, store } = context;
  return {
    thing,
    version: PACKDRIFT_VERSION,
    nodeVersion: process.version,
    log,
    readConfiguration: () => greengrass.configuration(CONFIGURATION_KEYS),
    desired: () => state.desired,
    lastGood: lastGoodIn(store, (message) => log.warn("configuration.not-kept", { message })),
    ipcProblems: () => split.problems(state.settings?.maxMessageBytes ?? null),
    capabilities: () => capabilities,
    examine: (request) =>
      examiners.next().check({ ...request, withoutGreengrass: context.config !== null }, nucleusAnswers(greengrass)),
    outbox,
    workFolderProblem: () => folderProblem(work),
    untrustedFile: () => untrustedFileIn(work, Object.values(WORK_FILES)),
  };
}

/** Applies the settings of a check. */
function applySettings(
  { context: { log }, nucleus, endWith }: Wiring,
  state: SessionState,
  { settings }: CompletedExamination,
  route: CloudRoute,
): void {
  if (settings.logLevel !== state.settings?.logLevel) log.setLevel(settings.logLevel);
  state.settings = settings;
  if (nucleus === null && settings.transport === "ipc") {
    log.error("configuration.refused", { message: 'Without Greengrass "transport" must be mqtt, is ipc' });
    endWith(3);
  }
  route.follow(settings);
}

/** Probes what the nucleus offers. This subscribes to deployments, because whether that is granted is part of the result. */
function capabilitiesOf(
  { context: { thing, log }, nucleus }: Wiring,
  greengrass: GreengrassServices,
  onDeployment: () => void,
): Promise<Capabilities> {
  const updates = greengrass.onDeployment(onDeployment).then(
    () => true,
    (error: unknown) => {
      log.debug("deployments.not-announced", { message: messageOf(error) });
      return false;
    },
  );
  return nucleus === null ? Promise.resolve(NOTHING_OFFERED) : probeCapabilities(nucleus, thing, updates);
}

async function closeInOrder(delivery: Delivery, route: CloudRoute, greengrass: GreengrassServices): Promise<void> {
  await delivery.stop();
  await route.close();
  await greengrass.close();
}
