import type { JsonObject } from "../base/json.js";
import {
  choice,
  mapWhere,
  nullIfMissing,
  type SettingShape,
  settingMap,
  texts,
  wholeOrText,
  withCheck,
  withDefault,
} from "./setting-shape.js";
import type { DampingSettings, JobChoice, MqttSettings, SourceSettings, WaiverSettings } from "./settings.js";

const PROJECT = /^[a-zA-Z0-9][a-zA-Z0-9_-]{0,254}$/;
const JOB = /^[a-zA-Z0-9-]{1,64}$/;
const COMPONENT = /^[a-zA-Z0-9._-]{1,128}$/;

const COMPILATION_JOB = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/;

/** JSON Schema that requires some members and forbids others. */
function given(present: readonly string[], missing: readonly string[] = []): JsonObject {
  const none = { enum: [null, "null"] };
  return {
    required: present,
    properties: Object.fromEntries([
      ...present.map((name) => [name, { not: none }]),
      ...missing.map((name) => [name, none]),
    ]),
  };
}

export const JOB_MEMBERS = ["project", "job", "component", "compilationJob"] as const;
export const job = mapWhere<JobChoice>(
  {
    project: nullIfMissing(texts(4096, PROJECT, 'a project name: letters, digits, "-" and "_", 1 to 255 of them')),
    job: nullIfMissing(texts(4096, JOB, 'a job name: letters, digits and "-", 1 to 64 of them')),
    component: nullIfMissing(
      texts(4096, COMPONENT, 'a component name: letters, digits, ".", "-" and "_", 1 to 128 of them'),
    ),
    compilationJob: nullIfMissing(
      texts(4096, COMPILATION_JOB, 'a compilation job name: letters, digits and "-", 1 to 63 of them'),
    ),
  },
  {
    isGood: namesOneModel,
    described: "{project, job}, {project, component}, {component}, {compilationJob} or {compilationJob, component}",
    schema: {
      oneOf: [
        given(["project", "job"], ["component", "compilationJob"]),
        given(["component"], ["job", "compilationJob"]),
        given(["compilationJob"], ["project", "job"]),
      ],
    },
  },
);

function namesOneModel({ project, job, component, compilationJob }: JobChoice): boolean {
  if (compilationJob !== null) return project === null && job === null;
  return job === null ? component !== null : component === null && project !== null;
}

export const source = mapWhere<SourceSettings>(
  {
    type: withDefault(choice("auto", "api", "archive", "file", "model", "sagemaker"), "auto"),
    endpoint: nullIfMissing(texts(4096, /^https?:\/\/[^\s/@]+(\/\S*)?$/, "an http or https URL without credentials")),
    region: nullIfMissing(texts(64, /^[a-z]{2}(-[a-z]+)+-\d$/, "an AWS Region such as eu-west-1")),
    path: nullIfMissing(texts(4096)),
  },
  {
    isGood: ({ type, endpoint }) => type !== "archive" || endpoint !== null,
    described: "an endpoint, since type is archive",
    schema: {
      anyOf: [{ not: { required: ["type"], properties: { type: { const: "archive" } } } }, given(["endpoint"])],
    },
  },
  {
    isGood: ({ type, path }) => type !== "file" || path !== null,
    described: "a path, since type is file",
    schema: { anyOf: [{ not: { required: ["type"], properties: { type: { const: "file" } } } }, given(["path"])] },
  },
);

export const absolutePath = texts(4096, /^\//, "an absolute path");

export const mqtt = settingMap<MqttSettings>(
  {
    endpoint: texts(4096, /^[a-zA-Z0-9]([a-zA-Z0-9.-]{0,251}[a-zA-Z0-9])?$/, "a host name, without port or scheme"),
    port: withDefault(wholeOrText(1, 65_535), 8_883),
    clientId: nullIfMissing(
      texts(4096, /^[a-zA-Z0-9:_.-]{1,128}$/, 'letters, digits, ":", "_", "." and "-", 1 to 128 of them'),
    ),
    cert: absolutePath,
    key: absolutePath,
    ca: nullIfMissing(absolutePath),
  },
  ["endpoint", "cert", "key"],
);

export const WAIVER_MEMBERS = ["rule", "path", "reason", "expires"] as const;
export const waiver = settingMap<WaiverSettings>(
  {
    rule: texts(64),
    path: nullIfMissing(texts(512)),
    reason: texts(512),
    expires: nullIfMissing(
      withCheck(texts(4096), (date) => !Number.isNaN(Date.parse(date)), "a date such as 2027-01-31"),
    ),
  },
  ["rule", "reason"],
);

export const DAMPING_MEMBERS = ["rule", "raiseAfter", "clearAfter"] as const;
const checks = withDefault(wholeOrText(1, 1_000), 1);
export const damping = settingMap<DampingSettings>({ rule: texts(64), raiseAfter: checks, clearAfter: checks }, [
  "rule",
]);

const DEPLOYED =
  /^(?:component-details|edge-agent|artifacts|configuration|[a-zA-Z0-9._-]{1,128}=\d{1,6}\.\d{1,6}\.\d{1,6})$/;
export const deployedSource = texts(
  4096,
  DEPLOYED,
  "component-details, edge-agent, artifacts, configuration or NAME=x.y.z",
);

// What MQTT and IoT Core accept: no NUL, no lone surrogates, no empty level, no wildcard.
const TOPIC = /^(?!\$)[^\s\p{Cc}\p{Cs}/+#]+(\/[^\s\p{Cc}\p{Cs}/+#]+)*$/u;
const bytesOf = (text: string) => new TextEncoder().encode(text).length;

function topic(what: string, mostBytes: number, mostLevels: number): SettingShape<string> {
  const described = `a ${what} without wildcards, blanks and empty levels, not beginning with "$"`;
  const short = withCheck(
    texts(mostBytes, TOPIC, described),
    (text) => bytesOf(text) <= mostBytes,
    `at most ${mostBytes} bytes of UTF-8`,
  );
  return withCheck(short, (text) => text.split("/").length <= mostLevels, `at most ${mostLevels} levels`, {
    allOf: [{ pattern: `^[^/]*(/[^/]*){0,${mostLevels - 1}}$` }],
  });
}

// With a thing name of 128 bytes and the longest suffix, `/<command of 32>/res`, stays within IoT Core's 256 bytes and 7 slashes.
export const topicPrefix = topic("topic", 60, 4);

export const localTopic = withCheck(
  topic("local topic", 200, 8),
  (text) => !text.includes("*"),
  "a local topic without wildcards",
  { not: { pattern: "[*]" } },
);

// Longer numbers are not times, and node-cron expands every range: 0-99999999 took 29 s, and more crashed V8.
export const cron = withCheck(
  texts(200, /^\s*(\S+\s+){4,5}\S+\s*$/, "a cron expression of 5 or 6 fields, in UTC"),
  (text) => !/\d{3}/.test(text),
  "a cron expression with numbers of at most 2 digits",
  { not: { pattern: "\\d{3}" } },
);

export const namespace = texts(4096, /^(?!AWS\/)[\w.\-/#:]{1,255}$/, 'a namespace that does not begin with "AWS/"');

export const socket = texts(4096, /^unix:\/\/\/\S{1,100}$/, "a socket such as unix:///tmp/agent.sock");
