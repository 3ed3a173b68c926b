import type { JsonObject } from "../../base/json.js";
import { JOB_NAME_RULE, PROJECT_NAME_RULE } from "../../job/job-names.js";
import type { ModelFileKind, PackagedModel } from "../../model/model.js";
import { shortPath } from "../../model/short-path.js";
import { identityOf, KNOWN, madeJob, recipeOf } from "./component-job.js";
import { componentJob, plain, projectName } from "./component-names.js";
import { tagsOf } from "./component-tags.js";
import { claimedTarget } from "./component-target.js";
import type { Extracted, Hints } from "./extracted.js";
import { modelTarget } from "./model-target.js";
import { withFaults } from "./recognise.js";

/** A packaged model's folder. */
interface ModelFolder {
  /** Its own name, without those above it. */
  readonly name: string;
  readonly model: PackagedModel;
  /** The document with the component's recipe; null without one. */
  readonly recipe: JsonObject | null;
}

/**
 * Reconstructs the job that packaged a model, from the model's files and, where there are any, its recipe and tags. Refused for a
 * folder that is not a packaged model, or that does not say what the model was compiled for.
 */
export function jobFromModel({ name, model, recipe: document }: ModelFolder, hints: Hints): Extracted {
  const kinds = new Set(model.files.map(({ kind }) => kind));
  if (!PACKAGED.some((kind) => kinds.has(kind))) return { refused: NOT_A_MODEL };
  if (!COMPILED.some((kind) => kinds.has(kind))) return { refused: ONNX_ALONE };
  const recipe = document === null ? {} : recipeOf(document);
  if (typeof recipe === "string") return { refused: recipe };
  const tags = { ...tagsOf(document ?? {}), ...hints.tags };
  const component = document === null ? componentOf(model) : identityOf(recipe);
  if (component !== null && "refused" in component) return component;
  const target = modelTarget(model, claimedTarget(recipe, tags));
  if ("refused" in target) return target;
  const { project, job, guessed } =
    component === null ? namedByFolder(name, hints) : componentJob(component, tags, hints);
  const ref = { project, job };
  const { configuration } = target;
  const made = madeJob({ document: document ?? {}, recipe, ref, component, tags, target: configuration });
  return withFaults({
    ref,
    description: made.description,
    origin: "MODEL",
    guessed: [
      ...guessed,
      ...identitySource(document, component),
      ...made.located,
      ...KNOWN,
      ...target.guessed,
      ...made.changes,
      ...unreadOf(model),
    ],
  });
}

const COMPILED: readonly ModelFileKind[] = ["COMPILED_MODEL", "META", "GRAPH", "TENSORRT_ENGINE"];
const PACKAGED: readonly ModelFileKind[] = [...COMPILED, "ONNX", "MANIFEST"];

/** Why a folder is refused; it names the files that would make it a packaged model. */
export const NOT_A_MODEL =
  "is not a packaged model: it has neither compiled.so, compiled.meta or compiled_model.json, nor a manifest.json with a model's stages";
const ONNX_ALONE =
  "is a packaged model without compiled code: it can run wherever its runtime does, so there is no target that a job could have";

/** The component that the folder's path in the package store names. */
function componentOf({
  component,
  version,
}: PackagedModel): { readonly name: string; readonly version: string } | null {
  if (component === null || version === null) return null;
  const identity = identityOf({ ComponentName: component, ComponentVersion: version });
  return "refused" in identity ? null : identity;
}

function identitySource(document: JsonObject | null, component: object | null): readonly string[] {
  if (document !== null) return [];
  return [
    component === null ? "component is not known: absent" : "component and version are those of the folder's path",
  ];
}

/** Names for a job whose component is not known. */
function namedByFolder(folder: string, { project, job }: Hints) {
  const guessed = [
    ...(project === null ? ["ProjectName is made from the folder's name"] : []),
    ...(job === null ? ["JobName is made from the folder's name"] : []),
  ];
  return {
    project: project ?? (projectName(folder).slice(0, PROJECT_NAME_RULE.max) || "model"),
    job: job ?? (plain(folder).slice(0, JOB_NAME_RULE.max).replace(/-$/, "") || "model"),
    guessed,
  };
}

const MOST_UNREAD = 5;

function unreadOf(model: PackagedModel): readonly string[] {
  const { unread } = model;
  const named = unread.slice(0, MOST_UNREAD).map(({ path, why }) => `not read: ${shortPath(model, path)}: ${why}`);
  const more = unread.length - named.length;
  return more > 0 ? [...named, `and ${more} more files that were not read`] : named;
}
