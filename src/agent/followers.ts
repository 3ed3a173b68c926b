import type { Later } from "../base/clock.js";
import { CONFIGURATION_KEYS } from "../config/configuration-keys.js";
import type { Settings } from "../config/settings.js";
import type { KeeperView } from "../examiner/protocol.js";
import type { Capabilities, Report, Trigger } from "../report/report.js";
import type { Greengrass } from "../transports/greengrass/port.js";
import { type AgentContext, examinerFor } from "./context.js";
import type { Follower } from "./follower.js";
import type { GreengrassServices } from "./greengrass-services.js";
import { localCopies } from "./local-copies.js";
import { nucleusAnswers } from "./nucleus-answers.js";
import type { ReportRoute } from "./reports.js";
import { answerRequests } from "./requests/answer.js";
import type { Desired } from "./shadow/document.js";
import { followShadow } from "./shadow/follow.js";
import { openShadow } from "./shadow/open.js";
import { cloudSubscriptions } from "./subscriptions.js";
import { trySending } from "./try-send.js";
import { vetoBadConfigurations } from "./veto.js";
import { followFiles } from "./watch.js";
import { fileFingerprints } from "./watch-files.js";

interface FollowerParts extends ReportRoute {
  readonly context: AgentContext;
  readonly greengrass: GreengrassServices;
  /** Null on a device without Greengrass. */
  readonly nucleus: Greengrass | null;
  readonly capabilities: Promise<Capabilities>;
  readonly settings: () => Settings | null;
  /** Runs a check for a request; throws ExpectedError. */
  readonly check: () => Promise<readonly Report[]>;
  /** Runs a check, and retries it when it fails. */
  readonly trigger: (trigger: Trigger) => void;
  readonly onDesired: (desired: Desired) => void;
  readonly later: Later;
}

/** Starts what runs alongside the checks: requests, the shadow, local topics, the veto and, at once, the watch on files. */
export function startFollowers(parts: FollowerParts): readonly Follower[] {
  const { context, greengrass, nucleus, capabilities, route, outbox, delivery, settings, trigger, later } = parts;
  const { thing, log, store, root } = context;
  const { cloud } = route;
  const trySend = trySending(log);
  const files = followFiles(context, { fingerprint: fileFingerprints(root), later, onChange: trigger });
  const requests = answerRequests({
    thing,
    log,
    store,
    cloud,
    work: {
      check: parts.check,
      facts: () => examinerFor(context, "no check").facts(),
      async flush() {
        await delivery.flush("atOnce");
        return outbox.waiting;
      },
      doctor: () => doctorPage(parts, subscriptions.view()),
    },
    settings,
    trySend,
    later,
    nowMs: Date.now,
    random: Math.random,
  });
  const shadow = followShadow(
    () => openShadow({ thing, log, greengrass, cloud, capabilities, onDesired: parts.onDesired, later }),
    parts.onDesired,
  );
  const subscriptions = cloudSubscriptions({
    thing,
    log,
    cloud,
    requests,
    onNotReceiving() {
      shadow.resubscribe();
      route.resubscribe();
    },
    onBack: () => trigger("RECONNECT"),
    later,
  });
  const copies = localCopies({ greengrass, capabilities, trySend });
  const startExaminer = () => examinerFor(context, "no check");
  const veto = nucleus === null ? [] : [vetoBadConfigurations({ greengrass: nucleus, startExaminer, log, later })];
  return [files, subscriptions, shadow, copies, ...veto];
}

/** Asks an examiner for the doctor's page, and passes it the state of this process. */
async function doctorPage(
  { context, greengrass, capabilities, outbox }: FollowerParts,
  subscriptions: KeeperView["subscriptions"],
): Promise<object> {
  const { waiting, unacknowledged, storage, damage } = outbox;
  return examinerFor(context, "no check").doctor(
    {
      thing: context.thing,
      configuration: await greengrass.configuration(CONFIGURATION_KEYS),
      withoutGreengrass: context.config !== null,
      keeper: {
        capabilities: await capabilities,
        subscriptions,
        outbox: { waiting, unacknowledged, problem: storage.problem, damage },
      },
    },
    nucleusAnswers(greengrass),
  );
}
