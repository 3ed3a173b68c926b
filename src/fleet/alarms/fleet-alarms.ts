import type { Later } from "../../base/clock.js";
import { InvalidInputError, messageOf } from "../../base/errors.js";
import type { Log } from "../../base/log.js";
import type { Cause, Summary } from "../state/views.js";
import type { Peers, Work } from "../store/peers.js";
import { alarmRounds, type RoundParts } from "./alarm-round.js";
import { acknowledgeStatement } from "./alarm-rows.js";
import { listAlarms } from "./alarm-view.js";
import type { FleetAlarms } from "./alarms-port.js";
import { countAlarms, countQueues } from "./count-alarms.js";
import { fleetMetrics, MOST_CAUSE_SERIES } from "./fleet-metrics.js";
import { renderMetrics } from "./metrics-text.js";
import { repeat } from "./repeat.js";
import { type SentCounts, sendDue } from "./send-notices.js";
import { shownText } from "./shown-text.js";
import { makeSilence, readSilences, silenceStatement, unsilenceStatement } from "./silence.js";

/** What alarms need from the rest of the fleet's program. */
export interface AlarmParts extends RoundParts {
  /** The processes that share the store, of which one evaluates alarms. */
  readonly peers: Pick<Peers, "seek" | "duties">;
  readonly summary: () => Promise<Summary>;
  /** The most severe causes, then the most frequent; at most `limit` of them. */
  readonly causes: (limit: number) => Promise<readonly Cause[]>;
  readonly now: () => number;
  readonly later: Later;
  readonly random: () => number;
  readonly log: Log;
  readonly version: string;
}

const EVALUATE_EVERY_MS = 10_000;
const SEND_EVERY_MS = 5_000;

/**
 * Evaluates alarms and sends notices, until closed, whenever this process holds that duty. A failure is logged, and the
 * next round tries again.
 */
export function fleetAlarms(parts: AlarmParts): FleetAlarms {
  const { database, settings, now } = parts;
  const sent = new Map(
    settings.webhooks.map(({ name }) => [name, { delivered: 0, failed: 0, refused: 0 } as SentCounts]),
  );
  let evaluatedAtMs: number | null = null;
  const duty = parts.peers.seek("alarms", {
    isAble: () => parts.receiver().connected === true,
    begin: (isMine) =>
      alarmDuty({ ...parts, isMine }, sent, (atMs) => {
        evaluatedAtMs = atMs;
      }),
  });

  return {
    alarms: (filter = {}) => listAlarms(database, filter, now()),
    async acknowledgeAlarm(id, by) {
      const at = new Date(now()).toISOString();
      const statement = acknowledgeStatement(id, shownText(by, 200), at);
      const [rows] = isId(id) ? await database.write([statement]) : [];
      if (rows?.length !== 1) throw new InvalidInputError("Cannot acknowledge the alarm: it is not active");
    },
    async silenceAlarm(id, until, reason, by) {
      const made = makeSilence({ matcher: { alarm: id }, reason, endsAt: until }, by, now());
      await database.write([silenceStatement(made)]);
    },
    async silence(silence, by) {
      const made = makeSilence(silence, by, now());
      await database.write([silenceStatement(made)]);
      return made;
    },
    async unsilence(id) {
      const [rows] = isId(id) ? await database.write([unsilenceStatement(id, now())]) : [];
      if (rows?.length !== 1) throw new InvalidInputError("Cannot end the silence: it has ended or never existed");
    },
    silences: () => readSilences(database, now()),
    metrics: () => metricsText(parts, sent, evaluatedAtMs),
    close: () => duty.stop(),
  };
}

/**
 * Evaluates and sends until it is stopped. `onEvaluated` is called with the time of each evaluation, and with null at
 * the end.
 */
function alarmDuty(
  parts: AlarmParts & { readonly isMine: () => boolean },
  sent: ReadonlyMap<string, SentCounts>,
  onEvaluated: (atMs: number | null) => void,
): Work {
  const { settings, now, log, isMine } = parts;
  const stop = new AbortController();
  const round = alarmRounds(parts);
  const outage = (what: string) => ({
    began: (error: unknown) => log.error(`alarms.${what}-failed`, { why: messageOf(error) }),
    ended: (failures: number) => log.info(`alarms.${what}-recovered`, { failures }),
  });
  const evaluating = repeat(EVALUATE_EVERY_MS, parts.later, outage("evaluation"), async () => {
    const nowMs = now();
    if (!isMine()) return;
    await round(nowMs);
    onEvaluated(nowMs);
  });
  const sending = settings.webhooks.map((webhook) => {
    const counts = sent.get(webhook.name);
    return repeat(SEND_EVERY_MS, parts.later, outage("sending"), async () => {
      if (counts !== undefined && isMine()) await sendDue(webhook, { ...parts, signal: stop.signal }, counts);
    });
  });
  return {
    async stop() {
      stop.abort();
      await Promise.all([evaluating, ...sending].map((one) => one.stop()));
      onEvaluated(null);
    },
  };
}

async function metricsText(
  { database, settings, peers, summary, causes, receiver, now, version }: AlarmParts,
  sent: ReadonlyMap<string, SentCounts>,
  evaluatedAtMs: number | null,
): Promise<string> {
  const [fleet, gravest, alarms, silences, queues] = await Promise.all([
    summary(),
    causes(MOST_CAUSE_SERIES),
    countAlarms(database),
    readSilences(database, now()),
    countQueues(database, settings.webhooks),
  ]);
  const own = { alarms, silences: silences.length, queues, sent, evaluatedAtMs, nowMs: now(), version };
  const here = { receiver: receiver(), duties: peers.duties() };
  return renderMetrics(fleetMetrics({ summary: fleet, causes: gravest, ...here, ...own }));
}

/** Whether a text from outside can be the id of an alarm or a silence. */
function isId(text: string): boolean {
  return /^[a-z0-9-]{1,64}$/.test(text);
}
