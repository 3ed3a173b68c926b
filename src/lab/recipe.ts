import { InvalidInputError, messageOf } from "../base/errors.js";
import { isObject, type JsonObject } from "../base/json.js";
import { parseYamlDocument } from "../platform/yaml.js";
import { FLAVOURS } from "./flavour.js";
import { type Platform, platformMatches } from "./platform.js";

/** One step of a lifecycle, before its variables are replaced. */
export interface LifecycleStep {
  readonly script: string;
  readonly setenv: Readonly<Record<string, string>>;
  /** Null: the runtime's default for the step. */
  readonly timeoutSeconds: number | null;
  readonly requiresPrivilege: boolean;
  /** As written, such as `onpath node`; lite does not know it. */
  readonly skipIf: string | null;
}

/** An artifact of the chosen manifest. */
interface RecipeArtifact {
  readonly uri: string;
  readonly unarchive: "NONE" | "ZIP";
}

/** A component's recipe as one nucleus on one platform reads it. */
export interface Recipe {
  readonly name: string;
  readonly version: string;
  /** With `accessControl`; empty when the recipe has none. */
  readonly defaultConfiguration: JsonObject;
  readonly accessControl: JsonObject;
  /** Names of the components it depends on, as written. */
  readonly dependencies: readonly string[];
  readonly setenv: Readonly<Record<string, string>>;
  readonly steps: Readonly<Record<string, LifecycleStep>>;
  readonly artifacts: readonly RecipeArtifact[];
}

const FORMAT = "2020-01-25";
const STEPS = ["install", "run", "startup", "shutdown", "recover", "bootstrap"];

/**
 * Reads a recipe (JSON or YAML) for a platform: the first manifest that matches. Lite takes keys as they are written and
 * every YAML scalar as a string; classic does not look at case. Throws InvalidInputError where a deployment would fail.
 */
export function parseRecipe(text: string, platform: Platform): Recipe {
  const size = Buffer.byteLength(text);
  const { maxRecipeBytes } = FLAVOURS[platform.flavour];
  // Lite's own message is "Insufficient memory for file": it reads a recipe into a buffer of fixed size.
  if (size > maxRecipeBytes) throw faulty(`must be ${maxRecipeBytes} bytes or less, is ${size}`);
  const recipe = readDocument(text, platform);
  const key = keyReader(platform);
  const format = key(recipe, "RecipeFormatVersion");
  if (format !== FORMAT) throw faulty(`RecipeFormatVersion must be "${FORMAT}", is ${JSON.stringify(format)}`);
  const name = textAt(key(recipe, "ComponentName"), "ComponentName");
  if (!/^[a-zA-Z0-9-_.]{1,128}$/.test(name))
    throw faulty(`ComponentName "${name}" has characters that are not allowed`);
  const version = textAt(key(recipe, "ComponentVersion"), "ComponentVersion");
  const defaults = key(objectAt(key(recipe, "ComponentConfiguration")), "DefaultConfiguration");
  const defaultConfiguration = objectAt(defaults);
  const manifests = key(recipe, "Manifests");
  if (!Array.isArray(manifests)) throw faulty("Manifests must be a list");
  const manifest = manifests.filter(isObject).find((each) => platformMatches(key(each, "Platform"), platform));
  if (!manifest) {
    throw faulty(`no manifest is for ${platform.os} on ${platform.architecture} with nucleus ${platform.flavour}`);
  }
  const lifecycle = lifecycleOf(manifest, recipe, platform);
  const steps = STEPS.flatMap((step) => {
    const written = key(lifecycle, step);
    return written === undefined ? [] : [[step, stepOf(step, written, platform)] as const];
  });
  return {
    name,
    version,
    defaultConfiguration,
    accessControl: objectAt(key(defaultConfiguration, "accessControl")),
    dependencies: Object.keys(objectAt(key(recipe, "ComponentDependencies"))),
    setenv: setenvOf(key(lifecycle, "Setenv"), platform),
    steps: Object.fromEntries(steps),
    artifacts: artifactsOf(key(manifest, "Artifacts"), platform),
  };
}

function readDocument(text: string, { flavour }: Platform): JsonObject {
  let document: unknown;
  try {
    // A JSON recipe keeps its types on lite, a YAML recipe does not.
    document = isJson(text) ? JSON.parse(text) : parseYamlDocument(text, flavour === "lite" ? "failsafe" : "core");
  } catch (cause) {
    const why = messageOf(cause).split("\n")[0] ?? "";
    throw new InvalidInputError(`Cannot read recipe: ${why.slice(0, 300).replace(/\p{Cc}/gu, "?")}`, { cause });
  }
  if (!isObject(document)) throw faulty("must be a map of keys");
  return document;
}

function isJson(text: string): boolean {
  return text.trimStart().startsWith("{");
}

/** The first of the manifest's own lifecycle and the global one, by the manifest's selections. */
function lifecycleOf(manifest: JsonObject, recipe: JsonObject, platform: Platform): JsonObject {
  const key = keyReader(platform);
  const own = key(manifest, "Lifecycle");
  if (isObject(own) && Object.keys(own).length > 0) return own;
  const global = objectAt(key(recipe, "Lifecycle"));
  const selections = key(manifest, "Selections");
  const wanted = Array.isArray(selections) && selections.length > 0 ? selections : ["all"];
  const section = wanted.map((name) => key(global, String(name))).find(isObject);
  if (section) return section;
  if (platform.flavour === "lite") throw faulty(`no lifecycle for the selections ${wanted.join(", ")}`);
  return global;
}

function stepOf(step: string, written: unknown, platform: Platform): LifecycleStep {
  const plain = { setenv: {}, timeoutSeconds: null, requiresPrivilege: false, skipIf: null };
  if (typeof written === "string") return { ...plain, script: written };
  const key = keyReader(platform);
  const script = isObject(written) ? key(written, "Script") : undefined;
  if (!isObject(written) || typeof script !== "string")
    throw faulty(`step "${step}" must be a string or have a Script`);
  const timeout = key(written, "Timeout");
  const skipIf = key(written, "Skipif");
  if (timeout !== undefined && !/^\d+$/.test(String(timeout))) {
    throw faulty(`Timeout of step "${step}" must be a whole number of seconds, is ${JSON.stringify(timeout)}`);
  }
  return {
    script,
    setenv: setenvOf(key(written, "Setenv"), platform),
    timeoutSeconds: timeout === undefined ? null : Number(timeout),
    requiresPrivilege: String(key(written, "RequiresPrivilege") ?? false) === "true",
    skipIf: typeof skipIf === "string" && platform.flavour === "classic" ? skipIf : null,
  };
}

function setenvOf(written: unknown, { flavour }: Platform): Record<string, string> {
  if (written === undefined) return {};
  if (!isObject(written)) throw faulty("Setenv must be a map");
  const entries = Object.entries(written).map(([name, value]) => {
    if (flavour === "lite" && (typeof value !== "string" || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))) {
      throw faulty(`Setenv "${name}" must be a string and a name of letters, digits and _`);
    }
    return [name, typeof value === "object" ? JSON.stringify(value) : String(value)] as const;
  });
  return Object.fromEntries(entries);
}

function artifactsOf(written: unknown, platform: Platform): RecipeArtifact[] {
  const key = keyReader(platform);
  return (Array.isArray(written) ? written : []).filter(isObject).map((artifact) => ({
    uri: textAt(key(artifact, platform.flavour === "lite" ? "Uri" : "URI"), "Uri"),
    unarchive: key(artifact, "Unarchive") === "ZIP" ? "ZIP" : "NONE",
  }));
}

/** Reads a key like the nucleus: lite as written, classic in upper or lower case. */
function keyReader({ flavour }: Platform): (object: JsonObject, name: string) => unknown {
  return (object, name) => {
    if (Object.hasOwn(object, name)) return object[name];
    if (flavour === "lite") return undefined;
    const found = Object.keys(object).find((key) => key.toLowerCase() === name.toLowerCase());
    return found === undefined ? undefined : object[found];
  };
}

function objectAt(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

function textAt(value: unknown, name: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw faulty(`${name} must be a string, is ${JSON.stringify(value)}`);
}

function faulty(why: string): InvalidInputError {
  return new InvalidInputError(`Cannot deploy recipe: ${why}`);
}
