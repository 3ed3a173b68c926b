import * as z from "zod/mini";
import { InvalidInputError } from "../base/errors.js";
import { checkShape, isObject } from "../base/json.js";

/** A packaging job to watch: by its name, or as the one that made the component as it is deployed here. */
export interface JobChoice {
  readonly project: string;
  /** Null: found by the component. */
  readonly job: string | null;
  readonly component: string | null;
}

/** Where job descriptions are read. */
export interface SourceSettings {
  /** `api`: the service. `archive`: anything that answers like it. `file`: saved answers. */
  readonly type: "api" | "archive" | "file";
  readonly endpoint: string | null;
  readonly region: string | null;
  readonly path: string | null;
}

/** Where the MQTT transport connects, and as whom. Files are PEM. */
export interface MqttSettings {
  readonly endpoint: string;
  readonly port: number;
  /** Null: the thing's name with `-packdrift` behind it. */
  readonly clientId: string | null;
  readonly cert: string;
  readonly key: string;
  /** Null: the system's own certificate authorities. */
  readonly ca: string | null;
}

/** A finding that the operator has accepted. */
export interface WaiverSettings {
  readonly rule: string;
  readonly path: string | null;
  readonly reason: string;
  /** ISO 8601; null: no end. */
  readonly expires: string | null;
}

/** How many checks in a row raise a rule's finding, and how many clear it. */
export interface DampingSettings {
  readonly rule: string;
  readonly raiseAfter: number;
  readonly clearAfter: number;
}

/** Every setting, parsed and with its default. */
export interface Settings {
  readonly jobs: readonly JobChoice[];
  readonly source: SourceSettings;
  readonly schedule: string;
  readonly jitterSeconds: number;
  readonly heartbeatHours: number;
  readonly topicPrefix: string;
  readonly commandPrefix: string;
  readonly echoSeconds: number;
  readonly watchSeconds: number;
  readonly transport: "ipc" | "mqtt";
  readonly mqtt: MqttSettings | null;
  readonly signingKey: string | null;
  readonly shadow: boolean;
  readonly localTopic: string | null;
  readonly cloudwatchMetrics: string | null;
  readonly vetoBadConfiguration: boolean;
  readonly deployedVersion: readonly string[];
  readonly edgeAgentSocket: string;
  readonly waivers: readonly WaiverSettings[];
  readonly damping: readonly DampingSettings[];
  readonly maxCopyAgeDays: number;
  readonly maxMessageBytes: number;
  readonly outboxMaxBytes: number;
  readonly logLevel: "debug" | "info" | "warn" | "error";
}

/** One setting as the README's table shows it. */
export interface SettingRow {
  readonly key: keyof Settings;
  readonly type: string;
  readonly fallback: unknown;
  /** Whether a change takes effect without a restart of the component. */
  readonly live: boolean;
  readonly doc: string;
}

/**
 * Parses a configuration as Greengrass or a file gives it. Scalars may be strings, as nucleus lite makes them of YAML.
 * Throws InvalidInputError naming every offending key with what was found and what is needed.
 */
export function parseSettings(raw: unknown): Settings {
  if (!isObject(raw)) {
    throw new InvalidInputError(`Cannot read the configuration: must be an object, is ${show(raw)}`);
  }
  try {
    checkShape(raw);
  } catch (error) {
    throw new InvalidInputError(`Cannot read the configuration: ${(error as Error).message}`, { cause: error });
  }
  const given = Object.fromEntries(Object.entries(raw).filter(([key]) => !NOT_OURS.has(key)));
  const unknown = Object.keys(given).filter((key) => !ROWS.some((row) => row.key === key));
  const problems = unknown.map((key) => `Unknown setting ${show(key)}${nearest(key)}`);
  const settings: Record<string, unknown> = {};
  for (const { key, schema, fallback } of ROWS) {
    const value = given[key];
    if (value === undefined || value === null || value === "null") {
      settings[key] = fallback;
      continue;
    }
    const result = z.safeParse(schema, value);
    if (result.success) settings[key] = result.data;
    else
      problems.push(
        ...new Map(result.error.issues.map((issue) => [String(issue.path), describe(key, value, issue)])).values(),
      );
  }
  if (settings.transport === "mqtt" && settings.mqtt === null) {
    const found = show(given.mqtt);
    problems.push(
      `Cannot read setting "mqtt": must be an object with endpoint, cert and key, since transport is mqtt, is ${found}`,
    );
  }
  if (problems.length > 0) {
    const more = problems.length > MOST_TOLD ? [`and ${problems.length - MOST_TOLD} more`] : [];
    throw new InvalidInputError([...problems.slice(0, MOST_TOLD), ...more].join("; "));
  }
  return settings as unknown as Settings;
}

/** The settings in the README's order. */
export function settingRows(): readonly SettingRow[] {
  return ROWS.map(({ key, type, fallback, live, doc }) => ({ key, type, fallback, live, doc }));
}

/** What settings that count only after a restart will be, a sentence each, where others are in force. */
export function afterRestart(inForce: Settings, wanted: Settings): readonly string[] {
  const changed = ROWS.filter(({ key, live }) => !live && JSON.stringify(inForce[key]) !== JSON.stringify(wanted[key]));
  // Over IPC it is of no use, and with transport it is told of.
  const idle = (key: keyof Settings) => key === "mqtt" && (inForce.mqtt === null || wanted.mqtt === null);
  return changed
    .filter(({ key }) => !idle(key))
    .map(
      ({ key }) => `Setting "${key}" is ${show(wanted[key])} from the next start on, until then ${show(inForce[key])}`,
    );
}

/** Every report carries them while a bad configuration stands. */
const MOST_TOLD = 8;

// Keys that Greengrass keeps in a component's configuration for itself or for the recipe.
const NOT_OURS = new Set(["accessControl", "nodePath"]);

const asNumber = (value: unknown) => (typeof value === "string" && value.trim() !== "" ? Number(value) : value);
const asList = (value: unknown) => (Array.isArray(value) ? value : [value]);
const text = (most: number) => z.string().check(z.minLength(1), z.maxLength(most));
const whole = (least: number, most: number) =>
  z.pipe(z.transform(asNumber), z.number().check(z.int(), z.gte(least), z.lte(most)));
const flag = z.pipe(
  z.transform((value) => (value === "true" || value === "false" ? value === "true" : value)),
  z.boolean(),
);
const list = <T extends z.ZodMiniType>(item: T) => z.pipe(z.transform(asList), z.array(item).check(z.maxLength(50)));
// Inside of lists and maps too lite writes "null" for null.
const orNull = <T extends z.ZodMiniType>(item: T) =>
  z._default(
    z.pipe(
      z.transform((value) => (value === "null" ? null : value)),
      z.nullable(item),
    ),
    null as never,
  );

const PROJECT = /^[a-zA-Z0-9][a-zA-Z0-9_-]{0,254}$/;
const JOB = /^[a-zA-Z0-9-]{1,64}$/;
const COMPONENT = /^[a-zA-Z0-9._-]{1,128}$/;
const DEPLOYED =
  /^(?:component-details|edge-agent|artifacts|configuration|[a-zA-Z0-9._-]{1,128}=\d{1,6}\.\d{1,6}\.\d{1,6})$/;

const job = z
  .strictObject({
    project: z.string().check(z.regex(PROJECT, 'a project name: letters, digits, "-" and "_", 1 to 255 of them')),
    job: orNull(z.string().check(z.regex(JOB, 'a job name: letters, digits and "-", 1 to 64 of them'))),
    component: orNull(
      z.string().check(z.regex(COMPONENT, 'a component name: letters, digits, ".", "-" and "_", 1 to 128 of them')),
    ),
  })
  .check(
    z.refine((value) => (value.job === null) !== (value.component === null), "{project, job} or {project, component}"),
  );

const source = z
  .strictObject({
    type: z.enum(["api", "archive", "file"]),
    endpoint: orNull(
      z.string().check(z.regex(/^https?:\/\/[^\s/@]+(\/\S*)?$/, "an http or https URL without credentials")),
    ),
    region: orNull(z.string().check(z.regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "an AWS Region such as eu-west-1"))),
    path: orNull(text(4096)),
  })
  .check(
    z.refine((value) => value.type !== "archive" || value.endpoint !== null, "an endpoint, since type is archive"),
    z.refine((value) => value.type !== "file" || value.path !== null, "a path, since type is file"),
  );

const path = () => text(4096).check(z.regex(/^\//, "an absolute path"));

const mqtt = z.strictObject({
  endpoint: z
    .string()
    .check(z.regex(/^[a-zA-Z0-9]([a-zA-Z0-9.-]{0,251}[a-zA-Z0-9])?$/, "a host name, without port or scheme")),
  port: z._default(whole(1, 65_535), 8_883),
  clientId: orNull(
    z.string().check(z.regex(/^[a-zA-Z0-9:_.-]{1,128}$/, 'letters, digits, ":", "_", "." and "-", 1 to 128 of them')),
  ),
  cert: path(),
  key: path(),
  ca: orNull(path()),
});

const waiver = z.strictObject({
  rule: text(64),
  path: orNull(text(512)),
  reason: text(512),
  expires: orNull(z.string().check(z.refine((value) => !Number.isNaN(Date.parse(value)), "a date such as 2027-01-31"))),
});

const checks = z._default(whole(1, 1_000), 1);
const damping = z.strictObject({ rule: text(64), raiseAfter: checks, clearAfter: checks });

// As MQTT and IoT Core take them: no NUL, no half characters, no level without a name, no wildcard.
const TOPIC = /^(?!\$)[^\s\p{Cc}\p{Cs}/+#]+(\/[^\s\p{Cc}\p{Cs}/+#]+)*$/u;
const bytes = (most: number) =>
  z.refine<string>((value) => new TextEncoder().encode(value).length <= most, `at most ${most} bytes of UTF-8`);
const levels = (most: number) => z.refine<string>((value) => value.split("/").length <= most, `at most ${most} levels`);

// With a thing's name of 128 bytes and the longest rest, `/<command of 32>/res`, within IoT Core's 256 bytes and 7 slashes.
const topicPrefix = z
  .string()
  .check(
    z.maxLength(60),
    z.regex(TOPIC, 'a topic without wildcards, blanks and empty levels, not beginning with "$"'),
    bytes(60),
    levels(4),
  );

const localTopic = z.string().check(
  z.maxLength(200),
  z.regex(TOPIC, 'a local topic without wildcards, blanks and empty levels, not beginning with "$"'),
  z.refine((value) => !value.includes("*"), "a local topic without wildcards"),
  bytes(200),
  levels(8),
);

// Numbers of more digits name no time, and node-cron writes out every range: it took 29 s for 0-99999999, and more ended V8.
const cron = z.string().check(
  z.regex(/^\s*(\S+\s+){4,5}\S+\s*$/, "a cron expression of 5 or 6 fields, in UTC"),
  z.refine((value) => !/\d{3}/.test(value), "a cron expression with numbers of at most 2 digits"),
  z.maxLength(200),
);

interface Row extends SettingRow {
  readonly schema: z.ZodMiniType;
}

const ROWS: readonly Row[] = [
  {
    key: "jobs",
    type: "list of {project, job} or {project, component}",
    schema: list(job),
    fallback: [],
    live: true,
    doc: "The packaging jobs to check this device against; with `component` the one that made it in the version deployed here.",
  },
  {
    key: "source",
    type: "{type: api | archive | file, endpoint, region, path}",
    schema: source,
    fallback: { type: "api", endpoint: null, region: null, path: null },
    live: true,
    doc: "Where job descriptions are read. `file`: a saved answer, or a folder `<project>/<job>.json`.",
  },
  {
    key: "schedule",
    type: "cron expression, UTC",
    schema: cron,
    fallback: "0 */6 * * *",
    live: true,
    doc: "When to check, besides at the start.",
  },
  {
    key: "jitterSeconds",
    type: "whole number, 0 to 86400",
    schema: whole(0, 86_400),
    fallback: 21_600,
    live: true,
    doc: "Each device waits its own part of this, always the same, so that a fleet spreads evenly.",
  },
  {
    key: "heartbeatHours",
    type: "whole number, 1 to 720",
    schema: whole(1, 720),
    fallback: 24,
    live: true,
    doc: "A sign of life is sent when nothing else was for so long.",
  },
  {
    key: "topicPrefix",
    type: "topic of at most 4 levels",
    schema: topicPrefix,
    fallback: "dt/packdrift/v1",
    live: true,
    doc: "Reports go to `<prefix>/<thing>/report`. The recipe's access control must allow it.",
  },
  {
    key: "commandPrefix",
    type: "topic of at most 4 levels",
    schema: topicPrefix,
    fallback: "cmd/packdrift/v1",
    live: true,
    doc: "Requests are heard on `<prefix>/<thing>/<command>/req` and `<prefix>/all/<command>/req`, acknowledgements on `<prefix>/<thing>/ack/req`.",
  },
  {
    key: "echoSeconds",
    type: "whole number, 0 to 240",
    schema: whole(0, 240),
    fallback: 240,
    live: true,
    doc: "How often it is tried whether the own subscriptions still hear; 0: never.",
  },
  {
    key: "watchSeconds",
    type: "whole number, 0 to 86400",
    schema: whole(0, 86_400),
    fallback: 300,
    live: true,
    doc: "How often it is looked whether packages, drivers, the job's file or the deployed model have changed; 0: never.",
  },
  {
    key: "transport",
    type: "ipc, mqtt",
    schema: z.enum(["ipc", "mqtt"]),
    fallback: "ipc",
    live: false,
    doc: "How reports leave: `ipc` hands them to the Greengrass nucleus, `mqtt` to a broker over a connection of its own.",
  },
  {
    key: "mqtt",
    type: "{endpoint, port, clientId, cert, key, ca}",
    schema: mqtt,
    fallback: null,
    live: false,
    doc: "Where `transport: mqtt` connects (port 8883 unless given), as whom, and the PEM files for TLS. The key must be readable by the user alone.",
  },
  {
    key: "signingKey",
    type: "path of a PEM file",
    schema: path(),
    fallback: null,
    live: false,
    doc: "An Ed25519 key with which each report is signed; without it `signing-key.pem` in the work folder, if there is one.",
  },
  {
    key: "shadow",
    type: "true, false",
    schema: flag,
    fallback: false,
    live: true,
    doc: "Keep the named shadow `packdrift`: written when something changes and at most every 10 s, and obeyed.",
  },
  {
    key: "localTopic",
    type: "local topic",
    schema: localTopic,
    fallback: null,
    live: true,
    doc: "Reports go to this local topic as well. The recipe's access control allows `packdrift/*`.",
  },
  {
    key: "cloudwatchMetrics",
    type: "CloudWatch namespace",
    schema: z.string().check(z.regex(/^(?!AWS\/)[\w.\-/#:]{1,255}$/, 'a namespace that does not begin with "AWS/"')),
    fallback: null,
    live: true,
    doc: "Metrics of each check go to the component `aws.greengrass.Cloudwatch` under this namespace.",
  },
  {
    key: "vetoBadConfiguration",
    type: "true, false",
    schema: flag,
    fallback: false,
    live: true,
    doc: "Refuse deployments that bring a bad configuration for this component (classic nucleus).",
  },
  {
    key: "deployedVersion",
    type: "list of component-details, edge-agent, artifacts, configuration, NAME=VERSION",
    schema: list(
      z.string().check(z.regex(DEPLOYED, "component-details, edge-agent, artifacts, configuration or NAME=x.y.z")),
    ),
    fallback: ["component-details", "artifacts", "configuration"],
    live: true,
    doc: "Where to look for the deployed version of the model component, in this order.",
  },
  {
    key: "edgeAgentSocket",
    type: "unix:///path",
    schema: z.string().check(z.regex(/^unix:\/\/\/\S{1,100}$/, "a socket such as unix:///tmp/agent.sock")),
    fallback: "unix:///tmp/aws.iot.lookoutvision.EdgeAgent.sock",
    live: true,
    doc: "Where the Lookout for Vision Edge Agent listens; asked when `deployedVersion` names `edge-agent`.",
  },
  {
    key: "waivers",
    type: "list of {rule, path, reason, expires}",
    schema: list(waiver),
    fallback: [],
    live: true,
    doc: "Findings that are accepted: shown in every report, not counted.",
  },
  {
    key: "damping",
    type: "list of {rule, raiseAfter, clearAfter}",
    schema: list(damping),
    fallback: [],
    live: true,
    doc: "A rule's finding counts after `raiseAfter` checks in a row and goes after `clearAfter` (1 to 1000 each, 1 when left out).",
  },
  {
    key: "maxCopyAgeDays",
    type: "whole number, 1 to 36500",
    schema: whole(1, 36_500),
    fallback: 36_500,
    live: true,
    doc: "A last good copy of a job older than this is told as a finding.",
  },
  {
    key: "maxMessageBytes",
    type: "whole number, 4000 to 120000",
    schema: whole(4_000, 120_000),
    fallback: 7_000,
    live: true,
    doc: "Larger reports are split. Nucleus lite takes 7,300 bytes at most.",
  },
  {
    key: "outboxMaxBytes",
    type: "whole number, 65536 to 1073741824",
    schema: whole(65_536, 2 ** 30),
    fallback: 16 * 2 ** 20,
    live: true,
    doc: "How much may wait for delivery on the disk.",
  },
  {
    key: "logLevel",
    type: "debug, info, warn, error",
    schema: z.enum(["debug", "info", "warn", "error"]),
    fallback: "info",
    live: true,
    doc: "The least important log line that is written.",
  },
];

/** `Cannot read setting "jitterSeconds": must be 0 or more, is -1`. */
function describe(key: string, value: unknown, issue: z.core.$ZodIssue): string {
  const path = issue.path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
  // One item may stand in place of a list.
  const given = typeof issue.path[0] === "number" ? asList(value) : value;
  const found = issue.path.reduce<unknown>((inner, part) => (inner as Record<PropertyKey, unknown>)?.[part], given);
  if (issue.code === "unrecognized_keys") return `Unknown setting ${show(`${key}${path}.${issue.keys[0] ?? ""}`)}`;
  return `Cannot read setting "${key}${path}": must be ${needed(issue)}, is ${show(found)}`;
}

function needed(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return KINDS[issue.expected] ?? `a ${issue.expected}`;
    case "too_small":
      return issue.origin === "string" ? "a text that is not empty" : `${issue.minimum} or more`;
    case "too_big":
      return issue.origin === "string" || issue.origin === "array"
        ? `${issue.maximum} long at most`
        : `${issue.maximum} or less`;
    case "invalid_value":
      return `one of ${issue.values.join(", ")}`;
    default:
      return issue.message;
  }
}

const KINDS: Readonly<Record<string, string>> = {
  int: "a whole number",
  object: "a map",
  array: "a list",
  string: "a text",
  boolean: "true or false",
};

function show(value: unknown): string {
  if (value === undefined) return "missing";
  // Logs and reports are no place for the password of a URL.
  const json = escaped(JSON.stringify(value) ?? String(value)).replace(/\/\/[^/@\s"]*@/g, "//…@");
  return json.length > 80 ? `${json.slice(0, 79)}…` : json;
}

/** Without what a terminal would act on; JSON leaves some of it as it is. */
function escaped(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A hint at the known key that was probably meant: the same letters but for case, or one that begins alike. */
function nearest(key: string): string {
  const lower = key.toLowerCase();
  const meant = ROWS.find(
    (row) => row.key.toLowerCase() === lower || row.key.toLowerCase().startsWith(lower.slice(0, 4)),
  );
  return meant === undefined ? "" : ` (did you mean "${meant.key}"?)`;
}
