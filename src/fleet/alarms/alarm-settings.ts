import { InvalidInputsError } from "../../base/errors.js";
import {
  listOf,
  type MemberShapes,
  oneOf,
  orElse,
  orNull,
  type Shape,
  ShapeError,
  type ShapeProblem,
  strictMap,
  UNKNOWN_KEY,
  whole,
} from "../../base/shape.js";
import { escapeControls } from "../../base/text.js";
import type { Outcome, Severity } from "../../drift/finding.js";
import { parseYamlDocument } from "../../platform/yaml.js";
import { distinct, groupPattern, textLike, webAddress } from "./alarm-shapes.js";

/** Which causes become alarms. */
export interface CauseSettings {
  readonly severities: readonly Severity[];
  readonly outcomes: readonly Outcome[];
  /** How many devices a cause must have. */
  readonly leastThings: number;
}

/** When devices count as silent, and which of them share an alarm. */
export interface SilentSettings {
  /** Null: three times the longest interval between a device's reports. */
  readonly afterHours: number | null;
  /**
   * Matches a thing's name; its first capturing group is the name of the thing's group. Null: all devices are one
   * group.
   */
  readonly group: RegExp | null;
  readonly severity: Severity;
  /** How long the receiver must have been connected before silence is believed. */
  readonly settleMinutes: number;
}

export interface DeliverySettings {
  readonly severity: Severity;
  /** How long sequences may be missing before later ones: devices resend them after 15 minutes. */
  readonly gapMinutes: number;
  /** How long the receiver may be without a connection. */
  readonly disconnectedMinutes: number;
}

/**
 * An alarm becomes active when it was seen in `raise` of the last `of` samples, and clears when it was seen in none of
 * the last `clear`.
 */
export interface AlarmDamping {
  readonly everySeconds: number;
  readonly raise: number;
  readonly of: number;
  readonly clear: number;
  /** This many devices at once are not noise: the alarm becomes active immediately. */
  readonly atOnceThings: number;
}

/** Where notices go. */
export interface WebhookSettings {
  readonly name: string;
  readonly url: string;
  /** A private file with a token for `Authorization: Bearer`. */
  readonly bearerFile: string | null;
  /** A private file with a key for signatures as Standard Webhooks describes them. */
  readonly hmacFile: string | null;
  readonly severities: readonly Severity[];
  readonly timeoutSeconds: number;
  readonly giveUpHours: number;
}

export interface AlarmSettings {
  readonly causes: CauseSettings;
  readonly silent: SilentSettings;
  readonly delivery: DeliverySettings;
  readonly damping: AlarmDamping;
  readonly webhooks: readonly WebhookSettings[];
}

/** The longest that notices can wait for a webhook. */
export const LONGEST_GIVE_UP_HOURS = 720;

const SEVERITIES = ["BLOCKING", "ERROR", "WARNING", "INFO"] as const;
const severity = oneOf<Severity>(...SEVERITIES);
const severities = distinct(listOf(severity, 4), (one) => one, "severities");
const absolutePath = textLike(/^\/[^\p{Cc}]{1,4095}$/u, "an absolute path");

/** A section of the settings; one that is left out or empty has its defaults. */
function section<T extends object>(members: MemberShapes<T>): Shape<T> {
  const map = strictMap(members);
  return (value, path) => map(value ?? {}, path);
}

const settings = section<AlarmSettings>({
  causes: section<CauseSettings>({
    severities: orElse(severities, ["BLOCKING", "ERROR"]),
    outcomes: orElse(
      distinct(listOf(oneOf<Outcome>("DRIFT", "UNKNOWN"), 2), (one) => one, "outcomes"),
      ["DRIFT", "UNKNOWN"],
    ),
    leastThings: orElse(whole(1, 1_000_000), 1),
  }),
  silent: section<SilentSettings>({
    afterHours: orNull(whole(1, 8_760)),
    group: orNull(groupPattern),
    severity: orElse(severity, "WARNING"),
    settleMinutes: orElse(whole(0, 10_080), 60),
  }),
  delivery: section<DeliverySettings>({
    severity: orElse(severity, "WARNING"),
    gapMinutes: orElse(whole(1, 525_600), 60),
    disconnectedMinutes: orElse(whole(1, 10_080), 5),
  }),
  damping: damping(),
  webhooks: orElse(
    distinct(listOf(webhook(), 10), ({ name }) => name, "names"),
    [],
  ),
});

function damping(): Shape<AlarmDamping> {
  const members = section<AlarmDamping>({
    everySeconds: orElse(whole(1, 86_400), 60),
    raise: orElse(whole(1, 30), 3),
    of: orElse(whole(1, 30), 5),
    clear: orElse(whole(1, 30), 5),
    atOnceThings: orElse(whole(1, 1_000_000), 10),
  });
  return (value, path) => {
    const found = members(value, path);
    if (found.raise > found.of) throw new ShapeError(`${path}.raise`, `${found.of} or less, as "of" is`, found.raise);
    return found;
  };
}

function webhook(): Shape<WebhookSettings> {
  const members = section<WebhookSettings>({
    name: textLike(/^[a-z0-9][a-z0-9-]{0,31}$/, 'letters (a-z), digits and "-", 1 to 32 of them'),
    url: webAddress,
    bearerFile: orNull(absolutePath),
    hmacFile: orNull(absolutePath),
    severities: orElse(severities, SEVERITIES),
    timeoutSeconds: orElse(whole(1, 60), 10),
    giveUpHours: orElse(whole(1, LONGEST_GIVE_UP_HOURS), 24),
  });
  return (value, path) => {
    const found = members(value, path);
    const { protocol, hostname } = new URL(found.url);
    if (found.bearerFile !== null && protocol === "http:" && !LOOPBACK.test(hostname)) {
      throw new ShapeError(`${path}.url`, "https, or on loopback, since a token is sent", "http");
    }
    return found;
  };
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** The settings without a file: no webhook, and the defaults of docs/reference/fleet-alarms.md. */
export const DEFAULT_ALARM_SETTINGS: AlarmSettings = settings({}, "");

/**
 * Parses the file of `--alarms`, YAML or JSON. Throws InvalidInputsError with a sentence for each problem, which names
 * the key and suggests another for a mistyped one, and InvalidInputError if the text is neither YAML nor JSON.
 */
export function parseAlarmSettings(text: string): AlarmSettings {
  const raw = parseYamlDocument(text);
  try {
    return settings(raw, "");
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new InvalidInputsError(error.problems.slice(0, MOST_PROBLEMS).map(describe));
  }
}

const MOST_PROBLEMS = 8;

function describe({ path, needed, found }: ShapeProblem): string {
  const shown = escapeControls(path.slice(0, 200));
  if (needed.startsWith(UNKNOWN_KEY)) {
    return `Unknown key "${shown}" in the alarms' settings${needed.slice(UNKNOWN_KEY.length)}`;
  }
  return `Cannot read the alarms' settings: ${new ShapeError(shown, needed, found).message}`;
}
