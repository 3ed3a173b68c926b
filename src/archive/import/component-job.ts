import { isObject, type JsonObject } from "../../base/json.js";
import { type JobRef, quoted } from "../../job/job-names.js";
import { s3Location } from "../../job/s3-uri.js";
import type { GreengrassConfiguration } from "../../job/wire.js";
import { wireDescription } from "../../job/wire-description.js";
import { capitalKeys } from "./capital-keys.js";
import { artifactsOf, isPackagedModel } from "./component-kind.js";
import { componentJob } from "./component-names.js";
import { plainKey, tagsOf } from "./component-tags.js";
import { claimedTarget, configurationOf } from "./component-target.js";
import type { Extracted, Hints } from "./extracted.js";

/** Whether a document is a Greengrass recipe, or an answer of GetComponent or DescribeComponent. */
export function isComponent(document: JsonObject): boolean {
  if (isText(document.RecipeFormatVersion) || isText(document.recipeFormatVersion)) return true;
  return (document.recipe !== undefined && isText(document.recipeOutputFormat)) || componentArn(document) !== null;
}

/** Reconstructs the packaging job that made a component. Refused if the component is not a packaged model. */
export function jobFromComponent(document: JsonObject, hints: Hints): Extracted {
  const recipe = recipeOf(document);
  if (typeof recipe === "string") return { refused: recipe };
  const tags = { ...tagsOf(document), ...hints.tags };
  const component = identityOf(recipe);
  if ("refused" in component) return component;
  if (!isPackagedModel(recipe, Object.keys(tags).map(plainKey))) {
    return {
      refused: `is the Greengrass component ${quoted(component.name, 60)}, which is not a packaged model: it has neither the publisher, nor the artifact, nor the dependencies of one`,
    };
  }
  const { project, job, guessed: named } = componentJob(component, tags, hints);
  const { target, guess, options } = claimedTarget(recipe, tags);
  const made = madeJob({
    document,
    recipe,
    ref: { project, job },
    component,
    tags,
    target: configurationOf(target, options.text),
  });
  return {
    ref: { project, job },
    description: made.description,
    origin: "RECIPE",
    guessed: [...named, ...made.located, ...KNOWN, ...options.guessed, guess, ...made.changes],
  };
}

/** Sentences about every reconstructed component. */
export const KNOWN = ["Status is SUCCEEDED: the component exists", "model version and times are not known: absent"];

/** What is known of a job that made a component. */
interface Made {
  /** The recipe's document, empty without one. */
  readonly document: JsonObject;
  readonly recipe: JsonObject;
  readonly ref: JobRef;
  readonly component: { readonly name: string; readonly version: string } | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly target: GreengrassConfiguration;
}

/** The description of a job that made a component, and what was guessed or changed in it. */
export function madeJob({ document, recipe, ref, component, tags, target }: Made) {
  const { location, guessed: located } = locationOf(recipe);
  const identity = { ComponentName: component?.name ?? null, ComponentVersion: component?.version ?? null };
  const ComponentVersionArn = componentArn(document) ?? componentArn(recipe);
  const { description, changes } = wireDescription({
    JobName: ref.job,
    ProjectName: ref.project,
    ModelPackagingConfiguration: {
      Greengrass: {
        ...target,
        S3OutputLocation: location,
        ...identity,
        ComponentDescription: recipe.ComponentDescription === "" ? null : recipe.ComponentDescription,
        Tags: Object.entries(tags).length === 0 ? null : Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      },
    },
    ...(component !== null && {
      ModelPackagingOutputDetails: { Greengrass: { ComponentVersionArn, ...identity } },
    }),
    Status: "SUCCEEDED",
  });
  return { description, located, changes };
}

/** The document's recipe, with capital first letters, or why there is none; `documentsOf` has decoded GetComponent's. */
export function recipeOf(document: JsonObject): JsonObject | string {
  if (isText(document.recipe)) return "is an answer of GetComponent whose recipe cannot be read";
  return capitalKeys(isObject(document.recipe) ? document.recipe : document);
}

// What the service's model allows. Greengrass allows more, but no packaging job makes such names.
const NAME = /^[a-zA-Z0-9\-_.]{1,128}$/;
const VERSION = /^\d{1,6}\.\d{1,6}\.\d{1,6}$/;

/** The name and version of a built component, or why the recipe is not one of a built component. */
export function identityOf(recipe: JsonObject): { name: string; version: string } | { refused: string } {
  const { ComponentName: name, ComponentVersion: version } = recipe;
  if (!isText(name) || !isText(version) || name === "" || version === "") {
    return { refused: "is a Greengrass component without name and version" };
  }
  if (NAME.test(name) && VERSION.test(version)) return { name, version };
  const wrong = VERSION.test(version) ? `ComponentName ${quoted(name, 60)}` : `ComponentVersion ${quoted(version, 60)}`;
  return {
    refused: `is not the recipe of a built component: ${wrong} is a placeholder, or one that no packaging job makes`,
  };
}

/** The folder of the component's artifacts, if all manifests share one. */
function locationOf(recipe: JsonObject): { readonly location: object | null; readonly guessed: readonly string[] } {
  const artifacts = artifactsOf(recipe);
  const locations = new Map(
    artifacts.flatMap(({ uri }) => {
      const found = s3Location(uri, "file");
      return found === null ? [] : [[`${found.Bucket}/${found.Prefix ?? ""}`, found] as const];
    }),
  );
  const [location, ...more] = locations.values();
  if (location === undefined) return { location: null, guessed: [] };
  if (more.length === 0) return { location, guessed: ["S3OutputLocation is the folder of the component's artifact"] };
  return { location: null, guessed: [`S3OutputLocation is absent: the artifacts are in ${locations.size} folders`] };
}

function componentArn(document: JsonObject): string | null {
  const arn = document.arn ?? document.Arn;
  return isText(arn) && /^arn:[^:]*:greengrass:[^:]*:[^:]*:components:[^:]+:versions:[^:]+$/.test(arn) ? arn : null;
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}
