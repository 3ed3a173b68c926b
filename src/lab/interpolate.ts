import { InvalidInputError } from "../base/errors.js";
import { isObject } from "../base/json.js";
import type { Flavour } from "./flavour.js";

/** The values of recipe variables. */
export interface RecipeVariables {
  readonly flavour: Flavour;
  readonly rootFolder: string;
  readonly thingName: string;
  /** `{artifacts:path}` without trailing slash. */
  readonly artifactsFolder: string;
  /** `{artifacts:decompressedPath}` without trailing slash. */
  readonly unpackedFolder: string;
  /** `{work:path}` without trailing slash. */
  readonly workFolder: string;
  /** The component's configuration, or null: `{configuration:…}` cannot be resolved. */
  readonly configuration: unknown;
}

/**
 * Replaces the recipe variables in a script. Classic leaves what it cannot resolve unchanged. Lite reads every `{` as the
 * start of a variable and escapes values. Throws InvalidInputError for a variable that lite does not know, where lite
 * would run a truncated script.
 */
export function interpolateScript(text: string, variables: RecipeVariables): string {
  if (variables.flavour === "classic") return interpolateClassic(text, variables);
  return interpolateLite(text, variables, (value) => value.replace(/["\\$`]/g, "\\$&"));
}

/** Replaces the recipe variables in a value of Setenv or of a policy's resources. */
export function interpolateValue(text: string, variables: RecipeVariables): string {
  return variables.flavour === "classic"
    ? interpolateClassic(text, variables)
    : interpolateLite(text, variables, (value) => value);
}

function interpolateClassic(text: string, variables: RecipeVariables): string {
  return text.replace(
    /\{([.\w-]+):([^:}]*)\}/g,
    (written, space: string, key: string) => lookUp(space, key, variables) ?? written,
  );
}

function interpolateLite(text: string, variables: RecipeVariables, escaped: (value: string) => string): string {
  return text.replace(/\{([^}]*)(\}?)/g, (written, inside: string, close: string) => {
    const colon = inside.indexOf(":");
    const value = close && colon >= 0 ? lookUp(inside.slice(0, colon), inside.slice(colon + 1), variables) : null;
    if (value !== null) return escaped(value);
    throw new InvalidInputError(
      `Cannot resolve the recipe's script: "${written}" is not a variable that nucleus lite knows`,
    );
  });
}

function lookUp(space: string, key: string, variables: RecipeVariables): string | null {
  const slash = variables.flavour === "lite" ? "/" : "";
  switch (`${space}:${key}`) {
    case "artifacts:path":
      return variables.artifactsFolder + slash;
    case "artifacts:decompressedPath":
      return variables.unpackedFolder + slash;
    case "work:path":
      return variables.workFolder + slash;
    case "iot:thingName":
      return variables.thingName;
    case "kernel:rootPath":
      return variables.rootFolder;
  }
  if (space !== "configuration") return null;
  const value = atPointer(variables.configuration, key);
  if (value === undefined) return null;
  return typeof value === "string" ? value : JSON.stringify(value);
}

function atPointer(value: unknown, pointer: string): unknown {
  if (pointer === "") return value ?? undefined;
  if (!pointer.startsWith("/")) return undefined;
  let found: unknown = value;
  for (const written of pointer.slice(1).split("/")) {
    const key = written.replace(/~1/g, "/").replace(/~0/g, "~");
    if (Array.isArray(found)) found = /^\d+$/.test(key) ? found[Number(key)] : undefined;
    else found = isObject(found) && Object.hasOwn(found, key) ? found[key] : undefined;
  }
  return found;
}
