import { type Alarm, type AlarmCondition, type AlarmMemory, isOpen, severityRank } from "./alarm.js";
import type { AlarmDamping } from "./alarm-settings.js";

/** The input of an alarm's step, apart from the alarm and its condition. */
export interface Evaluation {
  /** ISO 8601 in UTC. */
  readonly at: string;
  /** The number of the current sample, which grows by one every `everySeconds`. */
  readonly sample: number;
  readonly damping: AlarmDamping;
  readonly isSilenced: (alarm: Alarm) => boolean;
}

export type NoticeType = "raised" | "grown" | "cleared";

/** The change of an alarm: `before` is null for a new one, `after` for one that is dropped. */
export interface AlarmStep {
  readonly before: Alarm | null;
  readonly after: Alarm | null;
  readonly notice: NoticeType | null;
}

/** The steps of all alarms that change. Pure: the same rows and conditions give the same steps. */
export function evaluate(
  alarms: readonly Alarm[],
  conditions: readonly AlarmCondition[],
  evaluation: Evaluation,
  idOf: (condition: AlarmCondition) => string,
): readonly AlarmStep[] {
  const now = new Map(conditions.map((condition) => [idOf(condition), condition]));
  const known = new Set(alarms.map(({ id }) => id));
  const steps = [
    ...alarms.map((alarm) => step(alarm, now.get(alarm.id) ?? null, evaluation)),
    ...[...now]
      .filter(([id, { mayRaise }]) => mayRaise && !known.has(id))
      .map(([id, condition]) => ({ ...step(pending(id, condition, evaluation), condition, evaluation), before: null })),
  ];
  return steps.filter(({ before, after }) => JSON.stringify(before) !== JSON.stringify(after));
}

/** The alarm of a condition that was not seen before. */
function pending(
  id: string,
  { kind, subject, severity, things, facts }: AlarmCondition,
  { at, sample }: Evaluation,
): Alarm {
  return {
    ...{ id, kind, subject, severity, status: "PENDING", firstAt: at, lastAt: at, clearedAt: null },
    ...{ things, most: 0, times: 0, acknowledgedBy: null, acknowledgedAt: null, facts },
    memory: { seen: "", sample: sample - 1, notices: 0, told: null },
  };
}

function step(before: Alarm, condition: AlarmCondition | null, evaluation: Evaluation): AlarmStep {
  // A condition that may not raise an alarm counts as seen only if one is open.
  const present = condition !== null && (condition.mayRaise || isOpen(before)) ? condition : null;
  const sampled = { ...before, memory: withSample(before.memory, present !== null, evaluation) };
  const counted = present === null ? sampled : withCount(sampled, present, evaluation.at);
  const after = turned(counted, present, evaluation);
  if (after === null) return { before, after, notice: null };
  return { before, ...withNotice(before, after, evaluation) };
}

/** Remembers another sample if one is due: several processes on one store, or an early call, count it once. */
function withSample(memory: AlarmMemory, isPresent: boolean, { sample, damping }: Evaluation): AlarmMemory {
  // A sample number far behind the last one means that the clock was set back.
  if (sample === memory.sample || sample === memory.sample - 1) return memory;
  const seen = `${memory.seen}${isPresent ? 1 : 0}`.slice(-Math.max(damping.of, damping.clear));
  // Nothing is written while nothing changes.
  return seen === memory.seen ? memory : { ...memory, seen, sample };
}

function withCount(alarm: Alarm, { things, severity, facts }: AlarmCondition, at: string): Alarm {
  const isSame = things === alarm.things && severity === alarm.severity && facts.total === alarm.facts.total;
  const most = isOpen(alarm) ? Math.max(alarm.most, things) : alarm.most;
  return isSame ? alarm : { ...alarm, things, severity, most, facts, lastAt: at };
}

/** The alarm with its new status; null if it is to be forgotten. */
function turned(alarm: Alarm, present: AlarmCondition | null, { at, damping }: Evaluation): Alarm | null {
  const seenIn = (last: number) => [...alarm.memory.seen.slice(-last)].filter((one) => one === "1").length;
  if (!isOpen(alarm)) {
    const isNoise =
      present === null ||
      !(present.isCertain || present.things >= damping.atOnceThings || seenIn(damping.of) >= damping.raise);
    if (!isNoise) return raised(alarm, at);
    return alarm.status === "PENDING" && present === null && seenIn(damping.of) === 0 ? null : alarm;
  }
  const isOver = present === null && alarm.memory.seen.length >= damping.clear && seenIn(damping.clear) === 0;
  return isOver ? { ...alarm, status: "CLEARED", clearedAt: at, lastAt: at, things: 0 } : alarm;
}

function raised(alarm: Alarm, at: string): Alarm {
  const first = { status: "ACTIVE", firstAt: at, lastAt: at, clearedAt: null } as const;
  return {
    ...alarm,
    ...first,
    ...{ most: alarm.things, times: alarm.times + 1, acknowledgedBy: null, acknowledgedAt: null },
    memory: { ...alarm.memory, notices: 0, told: null },
  };
}

function withNotice(before: Alarm, after: Alarm, evaluation: Evaluation): Omit<AlarmStep, "before"> {
  const notice = noticeOf(before, after, evaluation);
  if (notice === null) return { after, notice };
  const told = { things: after.things, severity: after.severity, at: evaluation.at };
  return { after: { ...after, memory: { ...after.memory, notices: after.memory.notices + 1, told } }, notice };
}

const GROWN_AT_MOST_EVERY_MS = 15 * 60_000;

function noticeOf(before: Alarm, after: Alarm, { at, isSilenced }: Evaluation): NoticeType | null {
  const { told } = after.memory;
  // A webhook that was notified of the start is notified of the end too, silenced or not.
  if (isOpen(before) && after.status === "CLEARED") return told === null ? null : "cleared";
  if (!isOpen(after) || isSilenced(after)) return null;
  if (told === null) return after.status === "ACTIVE" ? "raised" : null;
  // Also when the clock was set back.
  if (Math.abs(Date.parse(at) - Date.parse(told.at)) < GROWN_AT_MOST_EVERY_MS) return null;
  return hasGrown(after, told) ? "grown" : null;
}

/**
 * Whether an alarm has become so much worse that a new notice is due: a higher severity, twice as many, or ten more
 * that are a quarter more; after an acknowledgement with fewer too.
 */
function hasGrown({ things, severity }: Alarm, told: NonNullable<AlarmMemory["told"]>): boolean {
  if (severityRank(severity) > severityRank(told.severity)) return true;
  return things >= told.things * 2 || (things >= told.things + 10 && things >= told.things * 1.25);
}
