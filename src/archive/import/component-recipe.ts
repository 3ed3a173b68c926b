import { isObject, type JsonObject } from "../../base/json.js";
import { parseCompilerOptions } from "../../job/compiler-options.js";
import type { GreengrassConfiguration } from "../../job/wire.js";
import { wireDescription } from "../api/wire-description.js";
import { s3Location } from "./s3-uri.js";
import type { Hints, Taken } from "./taken.js";

/** Whether a document is a Greengrass recipe, or an answer of GetComponent or DescribeComponent. */
export function isComponent(document: JsonObject): boolean {
  if (typeof document.RecipeFormatVersion === "string" || isText(document.recipeFormatVersion)) return true;
  return (document.recipe !== undefined && isText(document.recipeOutputFormat)) || componentArn(document) !== null;
}

/**
 * A packaging job put together from the component that it made. The target is left out where the recipe and the tags do not
 * tell whether the model needs a GPU: a platform without accelerator would claim that it does not.
 */
export function takeComponent(document: JsonObject, hints: Hints): Taken {
  const recipe = recipeOf(document);
  if (typeof recipe === "string") return { refused: recipe };
  const name = textOf(recipe, "ComponentName");
  const version = textOf(recipe, "ComponentVersion");
  if (name === null || version === null) return { refused: "a Greengrass component without name and version" };
  const tags = { ...tagsOf(document), ...hints.tags };
  const guessed: string[] = [];
  const ref = refOf(name, version, tags, hints, guessed);
  if (!isModel(recipe)) guessed.push("nothing in it says that it holds a Lookout for Vision model");
  const manifest = firstOf(recipe.Manifests);
  const artifact = isObject(manifest) ? firstOf(manifest.Artifacts) : null;
  const arn = componentArn(document) ?? componentArn(recipe);
  const place = s3Location(isObject(artifact) ? (artifact.Uri ?? artifact.URI) : null, "file");
  if (place !== null) guessed.push("S3OutputLocation is where the component's artifact stands");
  guessed.push("Status is SUCCEEDED: the component exists", "model version and times are not known: absent");
  const { description, changes } = wireDescription({
    JobName: ref.job,
    ProjectName: ref.project,
    ModelPackagingConfiguration: {
      Greengrass: {
        ...targetOf(recipe, manifest, tags, guessed),
        S3OutputLocation: place,
        ComponentName: name,
        ComponentVersion: version,
        ComponentDescription: textOf(recipe, "ComponentDescription"),
        Tags: Object.entries(tags).length === 0 ? null : Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      },
    },
    ModelPackagingOutputDetails: {
      Greengrass: { ComponentVersionArn: arn, ComponentName: name, ComponentVersion: version },
    },
    Status: "SUCCEEDED",
  });
  return { ref, description, origin: "RECIPE", guessed: [...guessed, ...changes] };
}

/** The tags in an answer of GetComponent, DescribeComponent or ListTagsForResource, or in a plain object of texts. */
export function tagsOf(document: JsonObject): Readonly<Record<string, string>> {
  const found = document.tags ?? document.Tags ?? null;
  if (Array.isArray(found)) {
    const pairs = found.filter(isObject).map((tag) => [tag.Key ?? tag.key, tag.Value ?? tag.value]);
    return Object.fromEntries(pairs.filter((pair): pair is [string, string] => pair.every(isText)));
  }
  const entries = Object.entries(isObject(found) ? found : {});
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => isText(entry[1])));
}

/** The recipe in a document with AWS's capital letters, or why there is none; documentsOf has unpacked GetComponent's. */
function recipeOf(document: JsonObject): JsonObject | string {
  if (isText(document.recipe)) return "an answer of GetComponent whose recipe cannot be read";
  return capitalised(isObject(document.recipe) ? document.recipe : document);
}

/** Greengrass takes recipes with both spellings, and DescribeComponent answers with the small one. */
function capitalised(recipe: JsonObject): JsonObject {
  const entries = Object.entries(recipe).map(([key, value]) => [key.slice(0, 1).toUpperCase() + key.slice(1), value]);
  return Object.fromEntries(entries) as JsonObject;
}

function refOf(name: string, version: string, tags: Readonly<Record<string, string>>, hints: Hints, guessed: string[]) {
  const named = (what: string, hint: string | null, keys: readonly string[], otherwise: string): string => {
    if (hint !== null) return hint;
    const tag = Object.keys(tags).find((key) => keys.includes(plain(key)));
    guessed.push(tag === undefined ? `${what} is made from the component's ${otherwise}` : `${what} is the tag ${tag}`);
    return (tag === undefined ? undefined : tags[tag]) ?? "";
  };
  const project = named("ProjectName", hints.project, ["projectname", "project"], "name");
  const job = named("JobName", hints.job, ["jobname", "job", "modelpackagingjob"], "name and version");
  return {
    project: project || name.replace(/[^\w-]/g, "-").replace(/^[-_]+/, ""),
    job:
      job ||
      `${name}-${version}`
        .replace(/[^a-zA-Z0-9]+/g, "-")
        .replace(/^-|-$/g, "")
        .slice(-64),
  };
}

/** Target and options, as far as the manifest's platform and tags of the same names tell them. */
function targetOf(
  recipe: JsonObject,
  manifest: unknown,
  tags: Readonly<Record<string, string>>,
  guessed: string[],
): GreengrassConfiguration {
  const tag = (name: string) => Object.entries(tags).find(([key]) => plain(key) === plain(name))?.[1] ?? null;
  const options: Record<string, string> = {};
  for (const key of ["gpu-code", "trt-ver", "cuda-ver", "mcpu"]) {
    const value = tag(key);
    if (value !== null) options[key] = value;
  }
  const text = Object.keys(options).length === 0 ? null : JSON.stringify(options);
  const read = parseCompilerOptions(text);
  if (text !== null) guessed.push(`CompilerOptions are the tags ${Object.keys(options).join(", ")}`);
  const withOptions = text === null ? {} : { CompilerOptions: text };
  if (tag("TargetDevice") === "jetson_xavier") {
    guessed.push("TargetDevice is a tag");
    return { ...withOptions, TargetDevice: "jetson_xavier" };
  }
  const arch = ARCHITECTURES[architectureOf(recipe, manifest) ?? ""] ?? null;
  const nvidia =
    /nvidia/i.test(tag("Accelerator") ?? "") || read.gpuCode !== null || read.trtVer !== null || read.cudaVer !== null;
  const cpu = !nvidia && (read.mcpu !== null || /^(cpu|none)$/i.test(tag("Accelerator") ?? ""));
  if (arch === null) {
    guessed.push("the platform is not known: TargetPlatform is absent");
    return withOptions;
  }
  if (!nvidia && !cpu) {
    guessed.push(`TargetPlatform is absent: made for ${arch}, but whether the model needs a GPU is not known`);
    return withOptions;
  }
  guessed.push(
    `TargetPlatform is the recipe's platform, ${nvidia ? "with NVIDIA" : "without accelerator"} as the tags tell`,
  );
  return { ...withOptions, TargetPlatform: { Os: "LINUX", Arch: arch, ...(nvidia && { Accelerator: "NVIDIA" }) } };
}

const ARCHITECTURES: Readonly<Record<string, string>> = {
  aarch64: "ARM64",
  arm64: "ARM64",
  amd64: "X86_64",
  x86_64: "X86_64",
};

function architectureOf(recipe: JsonObject, manifest: unknown): string | null {
  const platform = isObject(manifest) ? manifest.Platform : null;
  if (isObject(platform)) return isText(platform.architecture) ? platform.architecture : null;
  // DescribeComponent: platforms[].attributes.
  const first = firstOf(recipe.Platforms);
  const attributes = isObject(first) ? first.attributes : null;
  return isObject(attributes) && isText(attributes.architecture) ? attributes.architecture : null;
}

function isModel(recipe: JsonObject): boolean {
  const publisher = textOf(recipe, "ComponentPublisher") ?? textOf(recipe, "Publisher") ?? "";
  const dependencies = isObject(recipe.ComponentDependencies) ? Object.keys(recipe.ComponentDependencies) : [];
  return /lookout for vision/i.test(publisher) || dependencies.includes("aws.iot.lookoutvision.EdgeAgent");
}

function componentArn(document: JsonObject): string | null {
  const arn = document.arn ?? document.Arn;
  return isText(arn) && /^arn:[^:]*:greengrass:[^:]*:[^:]*:components:[^:]+:versions:[^:]+$/.test(arn) ? arn : null;
}

function textOf(members: JsonObject, member: string): string | null {
  const value = members[member];
  return isText(value) && value !== "" ? value : null;
}

function firstOf(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : null;
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function plain(key: string): string {
  return key
    .toLowerCase()
    .replace(/^.*[:/]/, "")
    .replace(/[^a-z0-9]/g, "");
}
