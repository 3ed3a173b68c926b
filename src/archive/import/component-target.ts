import type { JsonObject } from "../../base/json.js";
import { parseCompilerOptions } from "../../job/compiler-options.js";
import type { CompilerOptions } from "../../job/job.js";
import type { GreengrassConfiguration } from "../../job/wire.js";
import { tagNamed } from "./component-tags.js";
import { platformsOf, type TargetArch } from "./platforms.js";

/** The target and options of a component's job, inferred from its platforms and tags. */
export interface ClaimedTarget {
  /** TargetDevice or TargetPlatform; neither if it is not known. */
  readonly target: Pick<GreengrassConfiguration, "TargetDevice" | "TargetPlatform">;
  /** How the target was found, or why it was not, in a sentence. */
  readonly guess: string;
  readonly options: ClaimedOptions;
}

interface ClaimedOptions {
  /** CompilerOptions; null without tags for them. */
  readonly text: string | null;
  readonly guessed: readonly string[];
}

type Tags = Readonly<Record<string, string>>;

/**
 * Infers the target from the manifests' platforms and the tags. It is left out if they do not show whether the model needs a
 * GPU: a platform without an accelerator would claim that it does not.
 */
export function claimedTarget(recipe: JsonObject, tags: Tags): ClaimedTarget {
  const options = optionsIn(tags);
  const claim = (target: ClaimedTarget["target"], guess: string): ClaimedTarget => ({ target, guess, options });
  if (tagNamed(tags, "TargetDevice") === "jetson_xavier") {
    return claim({ TargetDevice: "jetson_xavier" }, "TargetDevice is a tag");
  }
  const arch = archOf(recipe);
  if (typeof arch !== "object") return claim({}, `TargetPlatform is absent: ${arch}`);
  const gpu = needsGpu(tags, parseCompilerOptions(options.text));
  if (gpu === null) {
    return claim(
      {},
      `TargetPlatform is absent: made for ${arch.value}, but whether the model needs a GPU is not known`,
    );
  }
  return claim(
    { TargetPlatform: { Os: "LINUX", Arch: arch.value, ...(gpu && { Accelerator: "NVIDIA" }) } },
    `TargetPlatform is ${arch.from}, ${gpu ? "with NVIDIA" : "without accelerator"} as the tags say`,
  );
}

/** A target with the options, as a job's configuration has it. */
export function configurationOf(
  target: ClaimedTarget["target"],
  options: string | null,
): Pick<GreengrassConfiguration, "CompilerOptions" | "TargetDevice" | "TargetPlatform"> {
  return options === null ? target : { CompilerOptions: options, ...target };
}

function optionsIn(tags: Tags): ClaimedOptions {
  const found = ["gpu-code", "trt-ver", "cuda-ver", "mcpu"].flatMap((key) => {
    const value = tagNamed(tags, key);
    return value === null ? [] : [[key, value] as const];
  });
  if (found.length === 0) return { text: null, guessed: [] };
  const guess = `CompilerOptions are the tags ${found.map(([key]) => key).join(", ")}`;
  return { text: JSON.stringify(Object.fromEntries(found)), guessed: [guess] };
}

/** Whether the model needs a GPU; null if neither tags nor options show it. */
function needsGpu(tags: Tags, options: CompilerOptions): boolean | null {
  const accelerator = tagNamed(tags, "Accelerator") ?? "";
  if (/nvidia/i.test(accelerator)) return true;
  if (options.gpuCode !== null || options.trtVer !== null || options.cudaVer !== null) return true;
  return options.mcpu !== null || /^(cpu|none)$/i.test(accelerator) ? false : null;
}

/** The one architecture of all manifests for Linux, or why it is not known. */
function archOf(recipe: JsonObject): { readonly value: TargetArch; readonly from: string } | string {
  const platforms = platformsOf(recipe);
  if (platforms.length === 0) return "the recipe names no platform";
  const written = [...new Set(platforms.map((platform) => platform.written))].join(", ");
  const archs = new Set(platforms.filter(({ linux }) => linux).flatMap((platform) => platform.archs));
  const [first, ...more] = archs;
  if (first === undefined) return `none of the recipe's platforms is one that a job can have (${written})`;
  if (more.length === 0) {
    const from =
      platforms.length === 1 ? "the recipe's platform" : `the one for Linux of the recipe's platforms (${written})`;
    return { value: first, from };
  }
  return platforms.length === 1
    ? `the recipe's platform can be ${[...archs].join(" and ")} (${written})`
    : `the recipe's ${platforms.length} manifests differ in their platforms (${written})`;
}
