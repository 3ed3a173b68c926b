import { InvalidInputError, InvalidInputsError } from "../../base/errors.js";
import { instantMs } from "../../base/instant.js";
import { isObject, parseJson } from "../../base/json.js";
import { oneOf, optional, ShapeError, strictMap } from "../../base/shape.js";
import { printable } from "../../base/text.js";
import { sha256Hex } from "../../platform/digest.js";
import type { Reader, Row, SqlStatement } from "../store/database.js";
import { type Alarm, GROUP } from "./alarm.js";
import { textLike } from "./alarm-shapes.js";
import type { NewSilence, SilenceMatcher, SilenceView } from "./alarms-port.js";
import { shownText } from "./shown-text.js";

const name = textLike(/^[^\p{Cc}\p{Cs}]{1,200}$/u, "a string of 1 to 200 characters without control characters");
const members = {
  alarm: optional(name),
  kind: optional(oneOf("CAUSE", "SILENCE", "DELIVERY")),
  severity: optional(oneOf("BLOCKING", "ERROR", "WARNING", "INFO")),
  rule: optional(name),
  cause: optional(name),
  group: optional(name),
};
const matcher = strictMap<SilenceMatcher>(members);

/** Checks a matcher that a person gave. Throws InvalidInputError. */
export function parseMatcher(value: unknown): SilenceMatcher {
  if (!isObject(value)) throw new InvalidInputError("Cannot silence alarms: the matcher must be an object");
  try {
    const found = matcher(value, "");
    if (Object.keys(found).length > 0) return found;
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new InvalidInputsError(
      error.problems.map(
        ({ path }) =>
          `Cannot silence alarms: "${printable(path)}" is not one of ${Object.keys(members).join(", ")}, or has a bad value`,
      ),
    );
  }
  throw new InvalidInputError(`Cannot silence alarms: name at least one of ${Object.keys(members).join(", ")}`);
}

/** Whether a silence mutes an alarm. */
export function matches(matcher: SilenceMatcher, alarm: Alarm): boolean {
  const { kind, subject } = alarm;
  const found: Readonly<Record<keyof SilenceMatcher, string | undefined>> = {
    alarm: alarm.id,
    kind,
    severity: alarm.severity,
    rule: alarm.facts.rule,
    cause: kind === "CAUSE" ? subject : undefined,
    group: kind === "SILENCE" && subject.startsWith(GROUP) ? subject.slice(GROUP.length) : undefined,
  };
  const wanted = Object.entries(matcher) as [keyof SilenceMatcher, string][];
  return wanted.length > 0 && wanted.every(([key, value]) => found[key] === value);
}

/** Until when an alarm is muted; null if it is not. */
export function silencedUntil(silences: readonly SilenceView[], alarm: Alarm): string | null {
  const ends = silences.filter((silence) => matches(silence.matcher, alarm)).map(({ endsAt }) => endsAt);
  return ends.sort().at(-1) ?? null;
}

const MOST_DAYS = 366;
const MOST_SILENCES = 1_000;

/** A checked silence. Throws InvalidInputError. */
export function makeSilence({ matcher, reason, endsAt }: NewSilence, by: string, nowMs: number): SilenceView {
  const checked = parseMatcher(matcher);
  const end = instantMs(endsAt);
  if (!(end > nowMs && end <= nowMs + MOST_DAYS * 86_400_000)) {
    throw new InvalidInputError(
      `Cannot silence alarms: the end must be a time in the future, at most ${MOST_DAYS} days ahead, is ${JSON.stringify(endsAt.slice(0, 40))}`,
    );
  }
  const [madeBy, madeAt] = [shownText(by, 200), new Date(nowMs).toISOString()];
  const made = {
    matcher: checked,
    reason: shownText(reason, 500),
    madeBy,
    madeAt,
    endsAt: new Date(end).toISOString(),
  };
  return { id: sha256Hex(JSON.stringify(made)).slice(0, 16), ...made };
}

export async function readSilences(reader: Reader, nowMs: number): Promise<readonly SilenceView[]> {
  const rows = await reader.all(
    `SELECT id, matcher, reason, made_by, made_at, ends_at FROM silence WHERE ends_at > $1 ORDER BY ends_at, id LIMIT ${MOST_SILENCES}`,
    [new Date(nowMs).toISOString()],
  );
  return rows.map(silenceOf);
}

function silenceOf(row: Row): SilenceView {
  return {
    id: String(row.id),
    matcher: parseMatcher(parseJson(String(row.matcher))),
    reason: String(row.reason),
    madeBy: String(row.made_by),
    madeAt: String(row.made_at),
    endsAt: String(row.ends_at),
  };
}

export function silenceStatement({ id, matcher, reason, madeBy, madeAt, endsAt }: SilenceView): SqlStatement {
  return {
    sql: "INSERT INTO silence (id, matcher, reason, made_by, made_at, ends_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING",
    parameters: [id, JSON.stringify(matcher), reason, madeBy, madeAt, endsAt],
  };
}

/** Ends a silence; returns its id if it had not ended. */
export function unsilenceStatement(id: string, nowMs: number): SqlStatement {
  return {
    sql: "UPDATE silence SET ends_at = $2 WHERE id = $1 AND ends_at > $2 RETURNING id",
    parameters: [id, new Date(nowMs).toISOString()],
  };
}
