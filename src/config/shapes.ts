import { isObject } from "../base/json.js";
import { ownMember, readAll, type Shape, ShapeError } from "../base/shape.js";
import type { DampingSettings, JobChoice, MqttSettings, SourceSettings, WaiverSettings } from "./settings.js";

// Nucleus lite turns every scalar of YAML into a text, "null" included.

/** A problem's `needed` for a member that no setting has. */
export const UNKNOWN_MEMBER = "known";

/** A text of 1 to `most` characters that matches `pattern`; `described` says what that requires. */
export function texts(most: number, pattern = /^/, described = ""): Shape<string> {
  return (value, path) => {
    if (typeof value !== "string") throw new ShapeError(path, "a text", value);
    if (value === "" && described === "") throw new ShapeError(path, "a text that is not empty", value);
    if (value.length > most) throw new ShapeError(path, `${most} long at most`, value);
    if (!pattern.test(value)) throw new ShapeError(path, described, value);
    return value;
  };
}

/** A text with a further condition. */
export function withCheck(shape: Shape<string>, isGood: (text: string) => boolean, described: string): Shape<string> {
  return (value, path) => {
    const text = shape(value, path);
    if (!isGood(text)) throw new ShapeError(path, described, value);
    return text;
  };
}

/** A whole number, also as a text. */
export function whole(least: number, most: number): Shape<number> {
  return (value, path) => {
    const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
    if (typeof number !== "number" || Number.isNaN(number)) throw new ShapeError(path, "a number", value);
    if (Number.isFinite(number) && !Number.isInteger(number)) throw new ShapeError(path, "a whole number", value);
    if (number < least) throw new ShapeError(path, `${least} or more`, value);
    if (number > most) throw new ShapeError(path, `${most} or less`, value);
    return number;
  };
}

/** True or false, also as a text. */
export const flag: Shape<boolean> = (value, path) => {
  if (value === true || value === "true") return true;
  if (value === false || value === "false") return false;
  throw new ShapeError(path, "true or false", value);
};

/** One of the given words. */
export function oneOf<const T extends string>(...words: readonly T[]): Shape<T> {
  return (value, path) => {
    const word = words.find((one) => one === value);
    if (word === undefined) throw new ShapeError(path, `one of ${words.join(", ")}`, value);
    return word;
  };
}

/** Whether a setting or a member is missing. */
export function isMissing(value: unknown): boolean {
  return value === undefined || value === null || value === "null";
}

/** Null if missing. */
export function orNull<T>(shape: Shape<T>): Shape<T | null> {
  return (value, path) => (isMissing(value) ? null : shape(value, path));
}

const MOST_ITEMS = 50;

/** A list of up to 50, where one item may stand for a list of one. */
export function list<T>(item: Shape<T>): Shape<readonly T[]> {
  return (value, path) => {
    const items: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (items.length > MOST_ITEMS) throw new ShapeError(path, `${MOST_ITEMS} long at most`, value);
    return readAll(Array.from(items, (one, at) => () => item(one, `${path}[${at}]`)));
  };
}

/**
 * A list of maps, or a map of them under any names: a deployment can merge a single entry into a map, and nucleus lite stores
 * maps of any size but lists only up to 1,024 bytes of JSON. Null entries are dropped. A map's entries are sorted by name, since
 * a nucleus does not preserve their order.
 */
export function listOrMap<T>(item: Shape<T>, members: readonly string[]): Shape<readonly T[]> {
  const asList = list(item);
  return (value, path) => {
    if (!isObject(value) || !isMapOfItems(value, members)) return asList(value, path);
    const names = Object.keys(value)
      .filter((name) => !isMissing(value[name]))
      .sort();
    if (names.length > MOST_ITEMS) throw new ShapeError(path, `${MOST_ITEMS} long at most`, value);
    return readAll(names.map((name) => () => item(value[name], `${path}.${name}`)));
  };
}

/** Items hold only scalars, so a map of maps is a map of items. */
function isMapOfItems(value: Readonly<Record<string, unknown>>, members: readonly string[]): boolean {
  const entries = Object.entries(value);
  const isOneItem = entries.some(([name, inner]) => members.includes(name) && !isObject(inner));
  return !isOneItem && entries.every(([, inner]) => isObject(inner) || isMissing(inner));
}

type Members<T> = { readonly [K in keyof T]: Shape<T[K]> };

/** A map that may have only these members. */
function strictMap<T extends object>(members: Members<T>): Shape<T> {
  const shapes = Object.entries(members) as [string, Shape<unknown>][];
  return (value, path) => {
    if (!isObject(value)) throw new ShapeError(path, "a map", value);
    const stray = Object.keys(value).find((key) => !Object.hasOwn(members, key));
    const parts = shapes.map(([key, shape]) => (): [string, unknown] => [
      key,
      shape(ownMember(value, key), `${path}.${key}`),
    ]);
    if (stray !== undefined)
      parts.unshift(() => {
        throw new ShapeError(`${path}.${stray}`, UNKNOWN_MEMBER, value[stray]);
      });
    return Object.fromEntries(readAll(parts)) as T;
  };
}

/** A map with a condition over several members. */
function mapWhere<T extends object>(
  members: Members<T>,
  ...conditions: readonly (readonly [isGood: (map: T) => boolean, described: string])[]
): Shape<T> {
  const shape = strictMap(members);
  return (value, path) => {
    const map = shape(value, path);
    for (const [isGood, described] of conditions) if (!isGood(map)) throw new ShapeError(path, described, value);
    return map;
  };
}

function orElse<T>(shape: Shape<T>, fallback: T): Shape<T> {
  return (value, path) => (value === undefined ? fallback : shape(value, path));
}

const PROJECT = /^[a-zA-Z0-9][a-zA-Z0-9_-]{0,254}$/;
const JOB = /^[a-zA-Z0-9-]{1,64}$/;
const COMPONENT = /^[a-zA-Z0-9._-]{1,128}$/;

const COMPILATION_JOB = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/;

export const JOB_MEMBERS = ["project", "job", "component", "compilationJob"] as const;
export const job = mapWhere<JobChoice>(
  {
    project: orNull(texts(4096, PROJECT, 'a project name: letters, digits, "-" and "_", 1 to 255 of them')),
    job: orNull(texts(4096, JOB, 'a job name: letters, digits and "-", 1 to 64 of them')),
    component: orNull(texts(4096, COMPONENT, 'a component name: letters, digits, ".", "-" and "_", 1 to 128 of them')),
    compilationJob: orNull(
      texts(4096, COMPILATION_JOB, 'a compilation job name: letters, digits and "-", 1 to 63 of them'),
    ),
  },
  [namesOneModel, "{project, job}, {project, component}, {component}, {compilationJob} or {compilationJob, component}"],
);

function namesOneModel({ project, job, component, compilationJob }: JobChoice): boolean {
  if (compilationJob !== null) return project === null && job === null;
  return job === null ? component !== null : component === null && project !== null;
}

export const source = mapWhere<SourceSettings>(
  {
    type: orElse(oneOf("auto", "api", "archive", "file", "model", "sagemaker"), "auto"),
    endpoint: orNull(texts(4096, /^https?:\/\/[^\s/@]+(\/\S*)?$/, "an http or https URL without credentials")),
    region: orNull(texts(64, /^[a-z]{2}(-[a-z]+)+-\d$/, "an AWS Region such as eu-west-1")),
    path: orNull(texts(4096)),
  },
  [(one) => one.type !== "archive" || one.endpoint !== null, "an endpoint, since type is archive"],
  [(one) => one.type !== "file" || one.path !== null, "a path, since type is file"],
);

export const absolutePath = texts(4096, /^\//, "an absolute path");

export const mqtt = strictMap<MqttSettings>({
  endpoint: texts(4096, /^[a-zA-Z0-9]([a-zA-Z0-9.-]{0,251}[a-zA-Z0-9])?$/, "a host name, without port or scheme"),
  port: orElse(whole(1, 65_535), 8_883),
  clientId: orNull(texts(4096, /^[a-zA-Z0-9:_.-]{1,128}$/, 'letters, digits, ":", "_", "." and "-", 1 to 128 of them')),
  cert: absolutePath,
  key: absolutePath,
  ca: orNull(absolutePath),
});

export const WAIVER_MEMBERS = ["rule", "path", "reason", "expires"] as const;
export const waiver = strictMap<WaiverSettings>({
  rule: texts(64),
  path: orNull(texts(512)),
  reason: texts(512),
  expires: orNull(withCheck(texts(4096), (date) => !Number.isNaN(Date.parse(date)), "a date such as 2027-01-31")),
});

export const DAMPING_MEMBERS = ["rule", "raiseAfter", "clearAfter"] as const;
const checks = orElse(whole(1, 1_000), 1);
export const damping = strictMap<DampingSettings>({ rule: texts(64), raiseAfter: checks, clearAfter: checks });

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

function topic(what: string, mostBytes: number, mostLevels: number): Shape<string> {
  const described = `a ${what} without wildcards, blanks and empty levels, not beginning with "$"`;
  const short = withCheck(
    texts(mostBytes, TOPIC, described),
    (text) => bytesOf(text) <= mostBytes,
    `at most ${mostBytes} bytes of UTF-8`,
  );
  return withCheck(short, (text) => text.split("/").length <= mostLevels, `at most ${mostLevels} levels`);
}

// With a thing name of 128 bytes and the longest suffix, `/<command of 32>/res`, stays within IoT Core's 256 bytes and 7 slashes.
export const topicPrefix = topic("topic", 60, 4);

export const localTopic = withCheck(
  topic("local topic", 200, 8),
  (text) => !text.includes("*"),
  "a local topic without wildcards",
);

// Longer numbers are not times, and node-cron expands every range: 0-99999999 took 29 s, and more crashed V8.
export const cron = withCheck(
  texts(200, /^\s*(\S+\s+){4,5}\S+\s*$/, "a cron expression of 5 or 6 fields, in UTC"),
  (text) => !/\d{3}/.test(text),
  "a cron expression with numbers of at most 2 digits",
);

export const namespace = texts(4096, /^(?!AWS\/)[\w.\-/#:]{1,255}$/, 'a namespace that does not begin with "AWS/"');

export const socket = texts(4096, /^unix:\/\/\/\S{1,100}$/, "a socket such as unix:///tmp/agent.sock");
