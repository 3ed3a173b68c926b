import { isObject, type JsonObject } from "../base/json.js";
import { COMPONENT } from "../base/names.js";

/** Our configuration within a file, and the kind of file. */
interface FoundConfiguration {
  readonly form: ConfigurationForm;
  readonly raw: unknown;
  /** The keys that lead to it. */
  readonly under: readonly string[];
  /** It is merged into what a device has, so settings that it leaves out keep their values there. */
  readonly isMerged: boolean;
}

export type ConfigurationForm = "SETTINGS" | "DEPLOYMENT" | "LOCAL_DEPLOYMENT" | "RECIPE" | "NUCLEUS_CONFIGURATION";

/**
 * Finds our configuration in a parsed file: the settings themselves, a deployment (for the cloud or for one device), a recipe,
 * or a nucleus's own configuration. Otherwise says why there is none.
 */
export function findConfiguration(document: unknown): FoundConfiguration | { readonly missing: string } {
  if (!isObject(document)) return { form: "SETTINGS", raw: document, under: [], isMerged: false };
  if (isObject(document.components)) return inDeployment(document.components);
  if (isObject(document.ComponentConfiguration) || typeof document.RecipeFormatVersion === "string")
    return inRecipe(document);
  if (isObject(document.services)) return inNucleus(document.services);
  if (isObject(document[COMPONENT]) && Object.keys(document).every((name) => /\./.test(name)))
    return inUpdate(document[COMPONENT], [COMPONENT], "LOCAL_DEPLOYMENT");
  if (Object.keys(document).length > 0 && Object.keys(document).every((key) => UPDATE_KEYS.includes(key)))
    return inUpdate(document, [], "DEPLOYMENT");
  return { form: "SETTINGS", raw: document, under: [], isMerged: false };
}

const UPDATE_KEYS = ["merge", "reset", "MERGE", "RESET"];

type Found = ReturnType<typeof findConfiguration>;

function inDeployment(components: JsonObject): Found {
  const entry = components[COMPONENT];
  if (!isObject(entry)) {
    const names = Object.keys(components);
    return { missing: `the deployment has no component "${COMPONENT}", only ${names.join(", ") || "none"}` };
  }
  const update = isObject(entry.configurationUpdate) ? entry.configurationUpdate : {};
  return inUpdate(update, ["components", COMPONENT, "configurationUpdate"], "DEPLOYMENT");
}

/** The map that is merged: an object, or in a deployment for the cloud its JSON as a string. */
function inUpdate(update: JsonObject, under: readonly string[], form: ConfigurationForm): Found {
  const key = "MERGE" in update ? "MERGE" : "merge";
  const merged = update[key] ?? {};
  const found = { form, under: [...under, key], isMerged: true };
  if (typeof merged !== "string") return { ...found, raw: merged };
  try {
    return { ...found, raw: JSON.parse(merged) };
  } catch (error) {
    return { missing: `"${key}" is not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function inRecipe({ ComponentName: name, ComponentConfiguration: configuration }: JsonObject): Found {
  if (name !== undefined && name !== COMPONENT)
    return { missing: `it is the recipe of "${String(name)}", not of "${COMPONENT}"` };
  const defaults = isObject(configuration) ? (configuration.DefaultConfiguration ?? {}) : {};
  return { form: "RECIPE", raw: defaults, under: ["ComponentConfiguration", "DefaultConfiguration"], isMerged: false };
}

function inNucleus(services: JsonObject): Found {
  const service = services[COMPONENT];
  if (!isObject(service)) return { missing: `its services do not include "${COMPONENT}"` };
  const under = ["services", COMPONENT, "configuration"];
  return { form: "NUCLEUS_CONFIGURATION", raw: service.configuration ?? {}, under, isMerged: false };
}
