import { isObject, parseJson } from "../../base/json.js";
import { JobTextError, parseJobText } from "../../job/job-text.js";

/** Parses every document of a YAML text; throws an Error that says what is wrong and where. */
type ParseYaml = (text: string) => readonly unknown[];

/** The longest text that is parsed as YAML, which takes far more memory than JSON. */
const MOST_YAML_CHARACTERS = 1_048_576;

/**
 * Everything in a file that may hold a job: JSON, one JSON value per line, YAML. Lists, CloudTrail's log files and answers of
 * LookupEvents and CloudWatch Logs are split into their items. Throws JobTextError for any other text.
 */
export function documentsOf(text: string, name: string, parseYaml: ParseYaml): readonly unknown[] {
  const values = valuesOf(text.replace(/^\uFEFF/, "").trim(), name, parseYaml);
  return values.flatMap((value) => itemsIn(value, 0)).map((value) => withRecipe(value, parseYaml));
}

function valuesOf(body: string, name: string, parseYaml: ParseYaml): readonly unknown[] {
  const json = jsonIn(body);
  if (json !== undefined) return [json];
  const lines = body.split("\n").filter((line) => line.trim() !== "");
  if (lines.length > 1 && /^[[{]/.test(body)) {
    const values = lines.map(jsonIn);
    if (values.every((value) => value !== undefined)) return values;
  }
  // YAML could read some HTML and some printed Python dictionaries, but would misread them.
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
    throw new JobTextError(name, `is neither JSON nor valid YAML: ${why}`, { cause });
  }
}

/** Undefined for a text that is not JSON, or too deep. */
function jsonIn(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

const DEEPEST = 8;
/** Members that hold a list of records: CloudTrail's files, `aws cloudtrail lookup-events`, `aws logs filter-log-events`. */
const LISTS = ["Records", "Events", "events"];
/** Members that hold a record as JSON text. */
const TEXTS = ["CloudTrailEvent", "message"];

function itemsIn(value: unknown, depth: number): readonly unknown[] {
  if (depth > DEEPEST) return [value];
  if (Array.isArray(value)) return value.flatMap((item) => itemsIn(item, depth + 1));
  if (!isObject(value)) return [value];
  for (const list of LISTS) {
    const items = value[list];
    if (Array.isArray(items)) return items.flatMap((item) => itemsIn(item, depth + 1));
  }
  for (const member of TEXTS) {
    const text = value[member];
    const inner = typeof text === "string" ? jsonIn(text) : undefined;
    if (isObject(inner)) return itemsIn(inner, depth + 1);
  }
  // Amazon EventBridge's wrapper.
  if (isObject(value.detail) && value.detail.eventSource !== undefined) return [value.detail];
  return [value];
}

/** GetComponent returns the recipe as base64 of JSON or YAML: decode it where possible. */
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
