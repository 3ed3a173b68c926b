import type { Reader } from "../store/database.js";
import { type AlarmCondition, GROUP, NEVER_HEARD } from "./alarm.js";
import type { SilentSettings } from "./alarm-settings.js";

const MOST_SILENT = 100_000;
const MOST_GROUPS = 200;
const NAMES_AT_ONCE = 10_000;
const SIZES_KEPT_MS = 10 * 60_000;

/** The input for evaluating silence. */
interface ListeningState {
  readonly nowMs: number;
  /** Since when the receiver has been connected; null: it is not. */
  readonly listeningSinceMs: number | null;
}

/**
 * Reads the silent devices as conditions: one for each group, or one for all. While the receiver is not connected, and
 * until devices have had time to resend what it missed, silence means nothing: open alarms stay, and none is raised.
 */
export function silentReader(reader: Reader, settings: SilentSettings, heartbeatHours: number) {
  const silentMs = (settings.afterHours ?? heartbeatHours * 3) * 3_600_000;
  const sizes = groupSizes(reader, settings.group);
  return async ({ nowMs, listeningSinceMs }: ListeningState): Promise<readonly AlarmCondition[]> => {
    const isSettled = listeningSinceMs !== null && nowMs - listeningSinceMs >= settings.settleMinutes * 60_000;
    const groups = await readSilent(reader, settings.group, new Date(nowMs - silentMs).toISOString());
    const of = groups.size === 0 ? new Map<string, number>() : await sizes(nowMs);
    const silent = [...groups].map(([group, { things, example }]): AlarmCondition => {
      const size = of.get(group) ?? things;
      // Half of a group or more, unless it is tiny, points to its network rather than to its devices.
      const isGroup = things >= 3 && things * 2 >= size && settings.severity === "WARNING";
      return {
        kind: "SILENCE",
        subject: `${GROUP}${group}`,
        severity: isGroup ? "ERROR" : settings.severity,
        things,
        facts: { example, of: Math.max(size, things) },
        mayRaise: isSettled,
        isCertain: false,
      };
    });
    return [...silent, ...(await readNever(reader, settings, isSettled))];
  };
}

interface SilentGroup {
  readonly things: number;
  readonly example: string;
}

async function readSilent(
  reader: Reader,
  group: RegExp | null,
  before: string,
): Promise<ReadonlyMap<string, SilentGroup>> {
  if (group === null) {
    const [row] = await reader.all(
      "SELECT count(*) AS things, min(thing) AS example FROM thing WHERE last_heard < $1",
      [before],
    );
    const things = Number(row?.things ?? 0);
    return things === 0 ? new Map() : new Map([["", { things, example: String(row?.example) }]]);
  }
  const rows = await reader.all(
    `SELECT thing FROM thing WHERE last_heard < $1 ORDER BY last_heard, thing LIMIT ${MOST_SILENT}`,
    [before],
  );
  return silentGroups(
    rows.map(({ thing }) => String(thing)),
    group,
  );
}

/** Names by group; those without a group, and groups beyond the largest 200, are in the group "". */
function silentGroups(names: readonly string[], pattern: RegExp): ReadonlyMap<string, SilentGroup> {
  const groups = new Map<string, SilentGroup>();
  const add = (group: string, { things, example }: SilentGroup): void => {
    const found = groups.get(group);
    groups.set(group, { things: (found?.things ?? 0) + things, example: found?.example ?? example });
  };
  for (const name of names) add(groupOf(name, pattern), { things: 1, example: name });
  const named = [...groups].filter(([group]) => group !== "").sort((a, b) => b[1].things - a[1].things);
  for (const [group, small] of named.slice(MOST_GROUPS)) {
    groups.delete(group);
    add("", small);
  }
  return groups;
}

function groupOf(name: string, pattern: RegExp): string {
  // Neither the cut nor a pattern that matches half of a surrogate pair may leave a lone half.
  return (pattern.exec(name)?.[1] ?? "").slice(0, 64).replace(/\p{Cs}/gu, "?");
}

/** How many devices each group has, read again every ten minutes; without a pattern all of them are in the group "". */
function groupSizes(reader: Reader, pattern: RegExp | null) {
  let known: { readonly atMs: number; readonly sizes: ReadonlyMap<string, number> } | null = null;
  return async (nowMs: number): Promise<ReadonlyMap<string, number>> => {
    if (known !== null && Math.abs(nowMs - known.atMs) < SIZES_KEPT_MS) return known.sizes;
    const sizes = pattern === null ? await countAll(reader) : await countGroups(reader, pattern);
    known = { atMs: nowMs, sizes };
    return sizes;
  };
}

async function countAll(reader: Reader): Promise<ReadonlyMap<string, number>> {
  const [row] = await reader.all("SELECT count(*) AS things FROM thing WHERE last_heard IS NOT NULL");
  return new Map([["", Number(row?.things ?? 0)]]);
}

async function countGroups(reader: Reader, pattern: RegExp): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>();
  for (let after = ""; ; ) {
    const rows = await reader.all(
      `SELECT thing, last_heard FROM thing WHERE thing > $1 ORDER BY thing LIMIT ${NAMES_AT_ONCE}`,
      [after],
    );
    for (const { thing, last_heard: heard } of rows) {
      const group = groupOf(String(thing), pattern);
      if (heard !== null) sizes.set(group, (sizes.get(group) ?? 0) + 1);
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < NAMES_AT_ONCE) return sizes;
    after = String(last.thing);
  }
}

/** Expected devices that were never heard. */
async function readNever(
  reader: Reader,
  { severity }: SilentSettings,
  mayRaise: boolean,
): Promise<readonly AlarmCondition[]> {
  const [row] = await reader.all(
    "SELECT count(*) AS things, min(thing) AS example FROM thing WHERE expected = 1 AND last_heard IS NULL",
  );
  const things = Number(row?.things ?? 0);
  if (things === 0) return [];
  const facts = { example: String(row?.example) };
  return [{ kind: "SILENCE", subject: NEVER_HEARD, severity, things, facts, mayRaise, isCertain: false }];
}
