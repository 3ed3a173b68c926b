import { type Shape, ShapeError } from "../../base/shape.js";

/** A list without duplicates. */
export function distinct<T>(
  shape: Shape<readonly T[]>,
  keyOf: (item: T) => unknown,
  what: string,
): Shape<readonly T[]> {
  return (value, path) => {
    const items = shape(value, path);
    if (new Set(items.map(keyOf)).size < items.length) throw new ShapeError(path, `a list of different ${what}`, value);
    return items;
  };
}

/** A text that matches a pattern. */
export function textLike(pattern: RegExp, described: string): Shape<string> {
  return (value, path) => {
    if (typeof value !== "string" || !pattern.test(value)) throw new ShapeError(path, described, value);
    return value;
  };
}

/** An http or https address without credentials. */
export const webAddress: Shape<string> = (value, path) => {
  const parsed = typeof value === "string" && value.length <= 2_048 && URL.canParse(value) ? new URL(value) : null;
  const isWeb = parsed !== null && (parsed.protocol === "http:" || parsed.protocol === "https:");
  // Do not show the value, which may contain a password.
  if (!isWeb) throw new ShapeError(path, "an http or https URL", undefinedText(value));
  if (parsed.username !== "" || parsed.password !== "") {
    throw new ShapeError(path, "a URL without user and password (use bearerFile)", "a URL with them");
  }
  if (parsed.hash !== "") throw new ShapeError(path, "a URL without fragment", "a URL with one");
  return parsed.href;
};

function undefinedText(value: unknown): unknown {
  return typeof value === "string" ? "another text" : value;
}

/** A regular expression with a capturing group, as text. */
export const groupPattern: Shape<RegExp> = (value, path) => {
  if (typeof value !== "string" || value.length > 200) {
    throw new ShapeError(path, "a regular expression of at most 200 characters", value);
  }
  const groups = groupsOf(value);
  if (groups === null) throw new ShapeError(path, "a regular expression", value);
  if (groups < 1) throw new ShapeError(path, "a regular expression with a group, such as ^([a-z]+)-", value);
  return new RegExp(value, "u");
};

/** How many capturing groups a regular expression has; null if it is not valid. */
function groupsOf(pattern: string): number | null {
  try {
    return (new RegExp(`${pattern}|`, "u").exec("")?.length ?? 1) - 1;
  } catch {
    return null;
  }
}
