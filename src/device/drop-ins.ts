import { oneOfWords } from "../base/did-you-mean.js";
import { messageOf } from "../base/errors.js";
import { isObject, parseJson } from "../base/json.js";
import { anyObject, ownMember, ShapeError, text } from "../base/shape.js";
import type { Declaration } from "./declared.js";
import type { FactKey } from "./facts.js";
import type { Host } from "./host.js";
import { cleanText } from "./sightings.js";
import { FACT_KEYS, FACT_VALUES } from "./values.js";

/** The folder of a machine's drop-in files. */
export const FACTS_FOLDER = "/etc/packdrift/facts.d";

/** The declarations of the drop-in files, the most trusted first, and a sentence for each that could not be used. */
export interface DropIns {
  readonly declared: readonly Declaration[];
  readonly problems: readonly string[];
}

const MOST_BYTES = 64 * 1024;
const MOST_FILES = 100;
const MOST_DECLARATIONS = 200;
const MOST_PROBLEMS = 10;

/**
 * Reads `*.json` in a folder, in alphabetical order; each file holds one `{key, value, source}` or a list of them.
 * Never throws: what cannot be used is reported and left out. `shown` is the name of the folder in problems and
 * evidence.
 */
export function readDropIns(host: Host, folder: string = FACTS_FOLDER, shown: string = folder): DropIns {
  const declared: Declaration[] = [];
  const problems: string[] = [];
  const refuse = (what: string, why: string) =>
    void problems.push(`Cannot use the facts in "${cleanText(what)}": ${why}`);

  const names = namesIn(host, folder, (why) => refuse(shown, why));
  for (const name of names.slice(0, MOST_FILES)) {
    const path = `${shown}/${name}`;
    for (const item of itemsIn(host, `${folder}/${name}`, (why) => refuse(path, why))) {
      try {
        if (declared.length >= MOST_DECLARATIONS) throw new Error(`more than ${MOST_DECLARATIONS} are declared`);
        declared.push(...parseDeclaration(item, path));
      } catch (error) {
        refuse(path, messageOf(error));
        if (declared.length >= MOST_DECLARATIONS) break;
      }
    }
  }
  if (names.length > MOST_FILES) refuse(shown, `it holds ${names.length} files, at most ${MOST_FILES} are read`);
  const more = problems.length - MOST_PROBLEMS;
  return { declared, problems: more > 0 ? [...problems.slice(0, MOST_PROBLEMS), `And ${more} more`] : problems };
}

/** Joins the drop-ins of several folders, the most trusted first. */
export function joinDropIns(...places: readonly DropIns[]): DropIns {
  return {
    declared: places.flatMap(({ declared }) => declared),
    problems: places.flatMap(({ problems }) => problems),
  };
}

/**
 * One `{key, value, source}`. A library may be its version alone, and lists may be left out. A declared Jetson declares its
 * L4T and JetPack as well. Throws ShapeError.
 */
function parseDeclaration(json: unknown, path: string): Declaration[] {
  const object = anyObject(json, "");
  const named = ownMember(object, "key");
  const key = FACT_KEYS.find((known) => known === named);
  if (key === undefined) throw new ShapeError("key", oneOfWords(FACT_KEYS, named), named);
  const source = cleanText(text(ownMember(object, "source"), "source"));
  if (source === "") throw new ShapeError("source", "where the value comes from", "");
  const value = FACT_VALUES[key](completed(key, ownMember(object, "value")), "value");
  checkTexts(value, "value");
  const from = `${cleanText(path)} (${source})`;
  const { l4t, jetpack } = key === "jetson" ? (value as { l4t: string | null; jetpack: string | null }) : NOTHING;
  return [
    { key, value, from },
    ...(l4t === null ? [] : [{ key: "l4t", value: l4t, from } as const]),
    ...(jetpack === null ? [] : [{ key: "jetpack", value: jetpack, from } as const]),
  ];
}

const NOTHING = { l4t: null, jetpack: null };

function namesIn(host: Host, folder: string, refuse: (why: string) => void): readonly string[] {
  const kind = host.kind(folder);
  if (kind.state === "absent") return [];
  const names = host.list(folder);
  if (names.state === "found") return names.value.filter((name) => /^[^.].*\.json$/.test(name)).sort();
  refuse(
    names.state === "unreadable" ? names.why : `is not a folder but a ${kind.state === "found" ? kind.value : "?"}`,
  );
  return [];
}

function itemsIn(host: Host, path: string, refuse: (why: string) => void): readonly unknown[] {
  const bytes = host.bytes(path, MOST_BYTES);
  if (bytes.state !== "found") {
    refuse(bytes.state === "unreadable" ? bytes.why : "is a link that leads nowhere");
    return [];
  }
  try {
    const json: unknown = parseJson(new TextDecoder("utf-8", { fatal: true }).decode(bytes.value));
    return Array.isArray(json) ? json : [json];
  } catch {
    refuse("is not valid JSON in UTF-8");
    return [];
  }
}

const DECLARED_LIBCUDA = { path: "libcuda.so.1", loadable: null, compat: false };
const LIBRARIES: readonly FactKey[] = ["cuda", "cudnn", "tensorrt"];

/** Fills in what people leave out: what is installed, the CPU's features, candidates for a JetPack that is named. */
function completed(key: FactKey, value: unknown): unknown {
  if (LIBRARIES.includes(key) && typeof value === "string") return { version: value, installed: [] };
  if (key === "libcuda" && typeof value === "string") return { ...DECLARED_LIBCUDA, version: value };
  if (!isObject(value)) return value;
  if (LIBRARIES.includes(key)) return { installed: [], ...value };
  if (key === "libcuda") return { ...DECLARED_LIBCUDA, ...value };
  if (key === "jetson") return { jetpackCandidates: [], ...value };
  return key === "cpu" ? { features: [], ...value } : value;
}

/** An empty text declares nothing. */
function checkTexts(value: unknown, path: string): void {
  if (typeof value === "string") {
    if (value === "") throw new ShapeError(path, "a non-empty string", value);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value))
      checkTexts(inner, Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`);
  }
}
