import { isObject, type JsonObject } from "../../base/json.js";

/** The tags in an answer of GetComponent, DescribeComponent or ListTagsForResource. */
export function tagsOf(document: JsonObject): Readonly<Record<string, string>> {
  const found = document.tags ?? document.Tags ?? null;
  if (Array.isArray(found)) {
    const pairs = found.filter(isObject).map((tag) => [tag.Key ?? tag.key, tag.Value ?? tag.value] as const);
    return Object.fromEntries(pairs.filter(isTextPair));
  }
  return Object.fromEntries(Object.entries(isObject(found) ? found : {}).filter(isTextPair));
}

/** The value of the tag with this name, however it is spelled and prefixed; null without one. */
export function tagNamed(tags: Readonly<Record<string, string>>, name: string): string | null {
  return Object.entries(tags).find(([key]) => plainKey(key) === plainKey(name))?.[1] ?? null;
}

/** A tag's key without prefix, punctuation and capitals: `packdrift:gpu-code` is `gpucode`. */
export function plainKey(key: string): string {
  return key
    .toLowerCase()
    .replace(/^.*[:/]/, "")
    .replace(/[^a-z0-9]/g, "");
}

function isTextPair(pair: readonly [unknown, unknown]): pair is [string, string] {
  return typeof pair[0] === "string" && typeof pair[1] === "string";
}
