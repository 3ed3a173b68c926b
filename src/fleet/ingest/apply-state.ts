import { isObject, type JsonObject } from "../../base/json.js";
import type { CountedFinding, ReportArrival, ReportContent } from "../arrival.js";
import type { ChangeDelta } from "../state/views.js";
import type { StateRow, ThingRow } from "../store/rows.js";
import type { Batch } from "./batch.js";
import { deltaOf, deviceDelta } from "./device-change.js";
import { type HistoryPosition, isNewer } from "./epoch-generation.js";
import { changedFindings, closedFinding } from "./findings.js";
import { comesAfterLater } from "./loaded.js";
import { beginning, endedBy, isOver, pastOf, stateOf, takeReport, worstOf } from "./state-step.js";

/**
 * A device that reports more jobs keeps those heard last, since all of them are read with each of its reports. A
 * configuration has at most 50.
 */
const MOST_JOBS = 64;

/** Updates the state of the thing and of the report's job, if the report is newer than what is known. */
export function applyState(batch: Batch, arrival: ReportArrival, position: HistoryPosition): void {
  const { thing, receivedAt, content } = arrival;
  const before = stateOf(batch.states(thing), arrival);
  if (before === null && isPast(batch, arrival, position)) {
    if (arrival.job === "") endByLate(batch, arrival, position);
    return;
  }
  const of = before === null ? arrival : { ...arrival, project: before.project, job: before.job };
  const step = takeReport(before, of, position);
  if (step === null) return;
  if (step.past !== null) batch.writes.put("past_state", step.past);
  if (step.isNewestComplete && content !== null) applyDevice(batch, of, content, position, before);
  if (step.isNewestComplete && content !== null && before?.told !== content.digest) {
    const changeId = changeFor(batch.thing(thing), before, receivedAt);
    batch.putFindings(
      changedFindings(of, batch.findings(of), JSON.parse(content.findings) as CountedFinding[], step.since, changeId),
    );
  }
  batch.putState(step.state);
  endStates(batch, of, before, position, step.since);
  judgeThing(batch, thing, step.since);
}

/** Whether what a report says of a job that has no state was over before it came. */
function isPast(batch: Batch, arrival: ReportArrival, position: HistoryPosition): boolean {
  const states = batch.states(arrival.thing);
  if (!comesAfterLater(states, position)) return false;
  if (isOver(states, arrival, position)) return true;
  const ended = batch.ended(arrival);
  // Both by the device's clock, except where that was impossible.
  return ended !== null && arrival.checkedAt <= ended;
}

/** Ends the jobs from before a "nothing to check" that is over itself. */
function endByLate(batch: Batch, arrival: ReportArrival, position: HistoryPosition): void {
  const { thing } = arrival;
  const since = beginning(arrival.checkedAt, arrival.receivedAt, null);
  endStates(batch, arrival, null, position, since);
  const [oldest = since] = batch
    .states(thing)
    .map((state) => state.since)
    .sort();
  const [, begins = since] = [oldest, since].sort();
  judgeThing(batch, thing, begins);
}

/** Sets a thing's worst verdict; `since`: when it began, if it is another one. */
function judgeThing(batch: Batch, thing: string, since: string): void {
  const row = batch.thing(thing);
  const worst = row === null ? null : withWorst(row, batch.states(thing), since);
  if (worst !== null && worst !== row) batch.putThing(worst);
}

/** Ends the states of jobs that the device no longer has. */
function endStates(
  batch: Batch,
  arrival: ReportArrival,
  before: StateRow | null,
  position: HistoryPosition,
  since: string,
): void {
  const states = batch.states(arrival.thing);
  const older = states.filter((state) => isNewer(position, state));
  const ended = endedBy(older, before, arrival, batch.rules.intervalMs);
  const byArrival = [...states].sort((a, b) => (a.received_at < b.received_at ? -1 : 1));
  const tooMany = byArrival.slice(0, Math.max(0, states.length - ended.length - MOST_JOBS));
  for (const state of new Set([...ended, ...tooMany])) {
    const until = since > state.checked_at ? since : arrival.receivedAt;
    batch.writes.put("past_state", pastOf(state, until));
    batch.putFindings(batch.findings(state).map((finding) => closedFinding(finding, until)));
    batch.removeState(state, until);
  }
}

/** Stores a complete report's device, and records what has changed. */
function applyDevice(
  batch: Batch,
  arrival: ReportArrival,
  content: ReportContent,
  position: HistoryPosition,
  before: StateRow | null,
): void {
  const row = batch.thing(arrival.thing);
  if (row === null) return;
  const { chosen_born, chosen_sequence } = row;
  const isNewest = chosen_born === null || isNewer(position, { born: chosen_born, sequence: chosen_sequence ?? 0 });
  if (!isNewest) return;
  const { device: text, agent } = content;
  const isSame = text === row.device;
  const device = isSame ? null : deviceIn(text);
  const delta = together(
    device === null ? null : deviceDelta(deviceIn(row.device), device),
    before === null || before.report_epoch === "" ? null : deltaOf([["component", before.deployed, content.deployed]]),
  );
  const change = delta === null ? {} : noteChange(batch, arrival, delta);
  batch.putThing({
    ...row,
    ...{ chosen_born: position.born, chosen_epoch: arrival.epoch, chosen_sequence: arrival.sequence },
    ...{ device: text, agent },
    ...(device === null
      ? {}
      : { product: textIn(device, "product"), jetpack: textIn(device, "jetpack"), arch: textIn(device, "arch") }),
    ...change,
  });
}

function noteChange(
  batch: Batch,
  { thing, receivedAt, trigger, epoch, sequence }: ReportArrival,
  delta: ChangeDelta,
): Pick<ThingRow, "change_id" | "change_at"> {
  const text = JSON.stringify(delta);
  const id = batch.rules.reading.digest(text).slice(0, 22);
  batch.writes.put("change", { thing, at: receivedAt, id, trigger_kind: trigger, epoch, sequence, delta: text });
  batch.deviceChanged(thing);
  return { change_id: id, change_at: receivedAt };
}

/**
 * The change that may have caused a job's new findings: the thing's newest one, if the job's last complete report was
 * before it.
 */
function changeFor(row: ThingRow | null, before: StateRow | null, receivedAt: string): string | null {
  if (row?.change_at == null || before?.report_at == null) return null;
  return before.report_at < row.change_at || row.change_at === receivedAt ? row.change_id : null;
}

function withWorst(row: ThingRow, states: readonly StateRow[], since: string): ThingRow {
  const { drift, runnable } = worstOf(states);
  const isSame = row.drift === drift && row.runnable === runnable;
  const jobs = states.filter(({ job }) => job !== "").length;
  if (isSame && row.jobs === jobs) return row;
  const begins = row.since === null || since > row.since ? since : row.since;
  return {
    ...row,
    drift,
    runnable,
    jobs: states.filter(({ job }) => job !== "").length,
    since: isSame ? row.since : begins,
  };
}

function deviceIn(device: string | null): JsonObject | null {
  const value: unknown = device === null ? null : JSON.parse(device);
  return isObject(value) ? value : null;
}

function textIn(device: JsonObject, key: string): string | null {
  const value = device[key];
  return typeof value === "string" ? value : null;
}

function together(one: ChangeDelta | null, other: ChangeDelta | null): ChangeDelta | null {
  return one === null && other === null ? null : { ...one, ...other };
}
