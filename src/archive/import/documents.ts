import { InvalidInputError } from "../../base/errors.js";
import { isObject, parseJson } from "../../base/json.js";
import { quoted } from "../../job/job-names.js";
import { parseJobText } from "../../job/job-text.js";

/** Reads every document of a YAML text; throws an Error with what is wrong and where. */
export type ParseYaml = (text: string) => readonly unknown[];

/** The largest text that is read as YAML, which takes far more memory than JSON. */
const MOST_YAML_CHARACTERS = 1_048_576;

/**
 * Everything in a file that may be a job or a record of one: JSON, one JSON value a line, YAML; lists, CloudTrail's log
 * files, answers of LookupEvents and of CloudWatch Logs are taken apart. Throws InvalidInputError when it is none of these.
 */
export function documentsOf(text: string, name: string, parseYaml: ParseYaml): readonly unknown[] {
  const values = valuesOf(text.replace(/^\uFEFF/, "").trim(), name, parseYaml);
  return values.flatMap((value) => takenApart(value, 0)).map((value) => withRecipe(value, parseYaml));
}

function valuesOf(body: string, name: string, parseYaml: ParseYaml): readonly unknown[] {
  const json = jsonIn(body);
  if (json !== undefined) return [json];
  const lines = body.split("\n").filter((line) => line.trim() !== "");
  if (lines.length > 1 && /^[[{]/.test(body)) {
    const values = lines.map(jsonIn);
    if (values.every((value) => value !== undefined)) return values;
  }
  // Neither HTML nor Python's print of an answer, although YAML can read some of both.
  if (!/^(<|\{\s*'|\{"|\[\{)/.test(body) && body.length <= MOST_YAML_CHARACTERS && body !== "") {
    const values = fromYaml(body, name, parseYaml);
    if (values.some((value) => typeof value === "object" && value !== null)) return values;
  }
  return [parseJobText(body, name)];
}

function fromYaml(body: string, name: string, parseYaml: ParseYaml): readonly unknown[] {
  try {
    return parseYaml(body);
  } catch (cause) {
    const why = cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : "";
    throw new InvalidInputError(`Cannot read job from ${quoted(name)}: needs JSON or YAML: ${why}`, { cause });
  }
}

/** Undefined for what is no JSON, or not of a shape that is read. */
function jsonIn(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

const DEEPEST = 8;
/** Where lists of records stand: CloudTrail's files, `aws cloudtrail lookup-events`, `aws logs filter-log-events`. */
const LISTS = ["Records", "Events", "events"];
/** Where a record stands as text inside another. */
const TEXTS = ["CloudTrailEvent", "message"];

function takenApart(value: unknown, depth: number): readonly unknown[] {
  if (depth > DEEPEST) return [value];
  if (Array.isArray(value)) return value.flatMap((item) => takenApart(item, depth + 1));
  if (!isObject(value)) return [value];
  for (const list of LISTS) {
    const items = value[list];
    if (Array.isArray(items)) return items.flatMap((item) => takenApart(item, depth + 1));
  }
  for (const member of TEXTS) {
    const text = value[member];
    const inner = typeof text === "string" ? jsonIn(text) : undefined;
    if (isObject(inner)) return takenApart(inner, depth + 1);
  }
  // Amazon EventBridge's wrapper.
  if (isObject(value.detail) && value.detail.eventSource !== undefined) return [value.detail];
  return [value];
}

/** An answer of Greengrass's GetComponent holds the recipe as base64 of JSON or YAML: unpacked where that can be read. */
function withRecipe(value: unknown, parseYaml: ParseYaml): unknown {
  if (!isObject(value) || typeof value.recipe !== "string" || value.recipeOutputFormat === undefined) return value;
  try {
    const bytes = Uint8Array.from(atob(value.recipe), (character) => character.charCodeAt(0));
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    const recipe = jsonIn(text) ?? parseYaml(text)[0];
    return isObject(recipe) ? { ...value, recipe } : value;
  } catch {
    return value;
  }
}
