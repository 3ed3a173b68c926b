import { isObject, type JsonObject } from "../../base/json.js";

/** The components that run Lookout for Vision models: the Edge Agent, and the server of its successor project. */
const RUNTIME = /^aws\.(?:iot\.lookoutvision\.EdgeAgent|edgeml\.dda\.LocalServer(?:\..+)?)$/;
/** Names that AWS keeps for its own components. */
const OF_AWS = /^aws\./;
/** The artifact of a packaged model, as the successor project names it. */
const MODEL_ARTIFACT = /greengrass_model_component\.zip$/;
/** Tags that only a packaged model has: what it was compiled for. */
const TARGET_TAGS = ["gpucode", "trtver", "cudaver", "mcpu", "targetdevice"];

/**
 * Whether a component is a packaged model. No recipe of the service was ever published, so any one of its marks is
 * enough: its publisher, its artifact, tags that name a compiler target, or a dependency on what runs models. An
 * application that uses a model has such a dependency too, but has a step that runs.
 */
export function isPackagedModel(recipe: JsonObject, tags: readonly string[]): boolean {
  if (OF_AWS.test(String(recipe.ComponentName))) return false;
  const publisher = String(recipe.ComponentPublisher ?? recipe.Publisher ?? "");
  if (/lookout for vision/i.test(publisher)) return true;
  if (artifactsOf(recipe).some(({ uri }) => MODEL_ARTIFACT.test(uri))) return true;
  if (tags.some((tag) => TARGET_TAGS.includes(tag))) return true;
  const dependencies = isObject(recipe.ComponentDependencies) ? Object.keys(recipe.ComponentDependencies) : [];
  return (
    dependencies.some((name) => RUNTIME.test(name)) && dependencies.every((name) => OF_AWS.test(name)) && !runs(recipe)
  );
}

/** An artifact and which manifest it is in, from 0. */
interface Artifact {
  readonly manifest: number;
  readonly uri: string;
}

/** Every artifact of every manifest, in order. */
export function artifactsOf(recipe: JsonObject): readonly Artifact[] {
  return manifestsOf(recipe).flatMap((manifest, at) => {
    const artifacts = manifest.Artifacts ?? manifest.artifacts;
    const members = Array.isArray(artifacts) ? artifacts.filter(isObject) : [];
    return members.map((artifact) => ({
      manifest: at,
      uri: String(artifact.Uri ?? artifact.URI ?? artifact.uri ?? ""),
    }));
  });
}

function manifestsOf(recipe: JsonObject): readonly JsonObject[] {
  return Array.isArray(recipe.Manifests) ? recipe.Manifests.filter(isObject) : [];
}

/** Whether a lifecycle has a step that runs as long as the component does; models have Startup and Shutdown. */
function runs(recipe: JsonObject): boolean {
  const lifecycles = [
    recipe.Lifecycle,
    ...manifestsOf(recipe).map((manifest) => manifest.Lifecycle ?? manifest.lifecycle),
  ];
  // A recipe's own Lifecycle may have the steps of each platform below the platform's name.
  const nested = lifecycles.filter(isObject).flatMap((lifecycle) => [lifecycle, ...Object.values(lifecycle)]);
  return nested.filter(isObject).some((steps) => Object.keys(steps).some((step) => /^run$/i.test(step)));
}
