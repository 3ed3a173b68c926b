import { chunksOf } from "../../base/chunks.js";
import type { Outcome, Severity } from "../../drift/finding.js";
import type { Reader, Row } from "../store/database.js";
import { type Alarm, type AlarmCondition, isOpen } from "./alarm.js";
import type { CauseSettings } from "./alarm-settings.js";

/** How many causes are read, those with the most devices, in addition to those with an open alarm. */
const MOST_CAUSES = 1_000;
/** How many causes' values are cached: they never change for an id. */
const MOST_REMEMBERED = 10_000;
const VALUES_AT_ONCE = 100;

interface CauseValues {
  readonly rule: string;
  readonly expected: string | null;
  readonly actual: string | null;
  readonly outcome: Outcome;
  readonly severity: Severity;
}

interface CauseCount {
  readonly cause: string;
  readonly things: number;
  readonly example: string;
}

/** Reads the causes of open findings as conditions. Counting only needs the index; a cause's values are read once. */
export function causeReader(reader: Reader, { severities, outcomes, leastThings }: CauseSettings) {
  const known = new Map<string, CauseValues>();

  async function learn(causes: readonly string[]): Promise<void> {
    const unknown = causes.filter((cause) => !known.has(cause));
    if (known.size + unknown.length > MOST_REMEMBERED) known.clear();
    for (const some of chunksOf(unknown, VALUES_AT_ONCE)) {
      // All findings of a cause have the same values, so one of each cause is read.
      const selects = some.map((_, place) => `SELECT * FROM (${VALUES} AND cause = $${place + 1} LIMIT 1) v${place}`);
      const rows = await reader.all(selects.join(" UNION ALL "), some);
      for (const row of rows) known.set(String(row.cause), valuesOf(row));
    }
  }

  return async (alarms: readonly Alarm[]): Promise<readonly AlarmCondition[]> => {
    const counts = await readCounts(reader, alarms);
    await learn(counts.map(({ cause }) => cause));
    return counts.flatMap(({ cause, things, example }): AlarmCondition[] => {
      const values = known.get(cause);
      if (values === undefined) return [];
      const { rule, expected, actual, outcome, severity } = values;
      if (!severities.includes(severity) || !outcomes.includes(outcome)) return [];
      const facts = { rule, expected, actual, outcome, example };
      const rest = { mayRaise: things >= leastThings, isCertain: false };
      return [{ kind: "CAUSE", subject: cause, severity, things, facts, ...rest }];
    });
  };
}

const VALUES = "SELECT cause, rule, expected, actual, outcome, severity FROM finding WHERE until IS NULL";
const COUNTS = `SELECT cause, count(DISTINCT thing) AS things, min(thing) AS example FROM finding WHERE until IS NULL AND follows IS NULL`;

async function readCounts(reader: Reader, alarms: readonly Alarm[]): Promise<readonly CauseCount[]> {
  const first = await reader.all(`${COUNTS} GROUP BY cause ORDER BY things DESC, cause LIMIT ${MOST_CAUSES}`);
  const counts = first.map(countOf);
  if (counts.length < MOST_CAUSES) return counts;
  // Also read those with open alarms, which a flood of other causes must not clear.
  const seen = new Set(counts.map(({ cause }) => cause));
  const open = alarms.filter((alarm) => alarm.kind === "CAUSE" && isOpen(alarm) && !seen.has(alarm.subject));
  if (open.length === 0) return counts;
  const subjects = open.slice(0, MOST_CAUSES).map(({ subject }) => subject);
  const placeholders = subjects.map((_, at) => `$${at + 1}`).join(", ");
  return [
    ...counts,
    ...(await reader.all(`${COUNTS} AND cause IN (${placeholders}) GROUP BY cause`, subjects)).map(countOf),
  ];
}

function countOf(row: Row): CauseCount {
  return { cause: String(row.cause), things: Number(row.things), example: String(row.example) };
}

function valuesOf(row: Row): CauseValues {
  return {
    rule: String(row.rule),
    expected: row.expected === null ? null : String(row.expected),
    actual: row.actual === null ? null : String(row.actual),
    outcome: String(row.outcome) as Outcome,
    severity: String(row.severity) as Severity,
  };
}
