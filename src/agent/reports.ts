import type { Later } from "../base/clock.js";
import type { Settings } from "../config/settings.js";
import { type Delivery, deliver } from "../outbox/deliver.js";
import { type Outbox, openOutbox } from "../outbox/outbox.js";
import { ed25519Signer, workFolderSigner } from "../platform/seals.js";
import type { Report } from "../report/report.js";
import { nativeSums } from "../transports/greengrass/native-sums.js";
import { type Cloud, type CloudRoute, cloudRoute } from "./cloud.js";
import type { MessageLimit } from "./connection/split-after-drop.js";
import type { AgentContext } from "./context.js";
import { memoryReturn } from "./memory-return.js";
import { signer } from "./signer.js";

/** Before the settings are known. */
const OUTBOX_MAX_BYTES = 16 * 2 ** 20;

interface ReportParts {
  readonly context: AgentContext;
  /** Null on a device without Greengrass. */
  readonly nucleus: Cloud | null;
  readonly split: MessageLimit;
  readonly settings: () => Settings | null;
  readonly later: Later;
}

/** The outbox, and the route that carries its reports to the cloud. */
export interface ReportRoute {
  readonly outbox: Outbox;
  readonly route: CloudRoute;
  readonly delivery: Delivery;
}

/** Opens the outbox and the route to the cloud. */
export async function openReports({ context, nucleus, split, settings, later }: ReportParts): Promise<ReportRoute> {
  const { thing, work, log, segments, clock } = context;
  const sums = await nativeSums();
  const outbox = openOutbox({
    store: segments,
    maxBytes: () => settings()?.outboxMaxBytes ?? OUTBOX_MAX_BYTES,
    newEpoch: () => `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 10)}`,
    now: clock,
    digest: sums.sha256,
    checksum: sums.crc32,
    sign: signer(
      () => {
        const named = settings()?.signingKey ?? null;
        return named === null ? workFolderSigner(work) : ed25519Signer(named);
      },
      (message) => log.error("report.not-signed", { message }),
    ),
    onProblem: (problem) => log.error("outbox.problem", { problem }),
  });
  const watched = nucleus === null ? null : { publish: split.watched(nucleus.publish), subscribe: nucleus.subscribe };
  const nowMs = () => clock().bootMs;
  // Reports do not wait for the end of their own back-off.
  const onConnected = () => void delivery.flush();
  const route = cloudRoute({ thing, nucleus: watched, outbox, log, later, nowMs, onConnected });
  const { transport } = route;
  // A broker of our own may accept longer messages than the nucleus.
  const limit = (most: number) => (transport.name === "ipc" ? split.limit(most) : most);
  const delivery = deliver({
    outbox,
    transport,
    topicOf: (report) => topicOf(report, settings()?.topicPrefix ?? ""),
    maxMessageBytes: () => limit(settings()?.maxMessageBytes ?? 0),
    later,
    nowMs,
    random: Math.random,
    onEvent: ({ event, ...fields }) => log[event === "report.delivered" ? "info" : "warn"](event, fields),
    onRoundEnd: memoryReturn(),
  });
  return { outbox, route, delivery };
}

function topicOf({ thing, kind }: Report, prefix: string): string {
  return `${prefix}/${thing}/${kind === "COMPLETE" ? "report" : "heartbeat"}`;
}
