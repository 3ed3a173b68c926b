import { chunksOf } from "../../base/chunks.js";
import { sha256Hex } from "../../platform/digest.js";
import type { Database } from "../store/database.js";
import { type Alarm, type AlarmCondition, isOpen } from "./alarm.js";
import { pruneStatements, readAlarms, stepStatement } from "./alarm-rows.js";
import type { AlarmSettings } from "./alarm-settings.js";
import { causeReader } from "./cause-conditions.js";
import { type DeliveryState, readDelivery } from "./delivery-conditions.js";
import { evaluate } from "./evaluate.js";
import type { ReceiverStatus } from "./fleet-metrics.js";
import { noticeStatements } from "./notice.js";
import { readSilences, silencedUntil } from "./silence.js";
import { silentReader } from "./silent-conditions.js";

export interface RoundParts {
  readonly database: Database;
  readonly settings: AlarmSettings;
  readonly heartbeatHours: number;
  readonly receiver: () => ReceiverStatus;
}

/** The `source` of the notices, as CloudEvents calls it. */
const SOURCE = "/packdrift/fleet";
/** The most open alarms of causes; beyond that, those with fewer devices have to wait. */
const MOST_OPEN = 1_000;
const PRUNE_EVERY_SAMPLES = 60;
const STEPS_AT_ONCE = 250;

/**
 * Compares the store with the alarms, once per call, and stores what has changed together with its notices. All memory
 * is in the store, so a restart changes nothing, and several processes reach the same result.
 */
export function alarmRounds({ database, settings, heartbeatHours, receiver }: RoundParts) {
  const causes = causeReader(database.scans, settings.causes);
  const silent = silentReader(database.scans, settings.silent, heartbeatHours);
  const delivery = onceASample((state: DeliveryState) => readDelivery(database.scans, settings.delivery, state));
  let prunedAt: number | null = null;

  return async (nowMs: number): Promise<void> => {
    const sample = Math.floor(nowMs / (settings.damping.everySeconds * 1_000));
    const [alarms, silences] = await Promise.all([readAlarms(database), readSilences(database, nowMs)]);
    const { connected, since } = receiver();
    const sinceMs = Date.parse(since);
    const conditions = [
      ...(await causes(alarms)),
      ...(await silent({ nowMs, listeningSinceMs: connected === true ? sinceMs : null })),
      ...(await delivery(sample, { nowMs, alarms, disconnectedSinceMs: connected === false ? sinceMs : null })),
    ];
    const at = new Date(nowMs).toISOString();
    const isSilenced = (alarm: Alarm) => silencedUntil(silences, alarm) !== null;
    const evaluation = { at, sample, damping: settings.damping, isSilenced };
    const steps = evaluate(alarms, bounded(alarms, conditions), evaluation, idOf);
    for (const some of chunksOf(steps, STEPS_AT_ONCE)) {
      // A step and its notices in one transaction.
      const statements = some.flatMap((step) => [
        stepStatement(step),
        ...noticeStatements(step, settings.webhooks, at, SOURCE),
      ]);
      await database.write(statements);
    }
    if (prunedAt === null || Math.abs(sample - prunedAt) >= PRUNE_EVERY_SAMPLES) {
      await database.write(pruneStatements(nowMs));
      prunedAt = sample;
    }
  };
}

/** An id for URLs and for other programs: always the same for the same condition. */
function idOf({ kind, subject }: AlarmCondition): string {
  return `${kind.toLowerCase()}-${sha256Hex(subject).slice(0, 16)}`;
}

/**
 * Admits new alarms of causes only as far as there is room, so that a flood of them does not fill the store. There are
 * few of the other kinds, and the flood must not keep them out.
 */
function bounded(alarms: readonly Alarm[], conditions: readonly AlarmCondition[]): readonly AlarmCondition[] {
  const causes = alarms.filter(({ kind }) => kind === "CAUSE");
  let room = MOST_OPEN - causes.filter((alarm) => isOpen(alarm) || alarm.status === "PENDING").length;
  const known = new Set(causes.filter(({ status }) => status !== "CLEARED").map(({ id }) => id));
  return conditions.filter((condition) => condition.kind !== "CAUSE" || known.has(idOf(condition)) || room-- > 0);
}

/** Remembers what was read for a sample until the next one. */
function onceASample<T, State>(read: (state: State) => Promise<T>): (sample: number, state: State) => Promise<T> {
  let last: { readonly sample: number; readonly found: T } | null = null;
  return async (sample, state) => {
    if (last?.sample === sample) return last.found;
    const found = await read(state);
    last = { sample, found };
    return found;
  };
}
