import { isObject, type JsonObject } from "../../base/json.js";

/** The architectures of Greengrass platforms that a packaging job can name, by Greengrass's names for them. */
const ARCHITECTURES = { aarch64: "ARM64", amd64: "X86_64" } as const;

/** An architecture that a packaging job can have. */
export type TargetArch = (typeof ARCHITECTURES)[keyof typeof ARCHITECTURES];

/** One manifest of a recipe, or one platform of an answer of DescribeComponent. */
interface ManifestPlatform {
  /** As written, for messages: `linux aarch64`. */
  readonly written: string;
  /** Whether it can run on Linux. */
  readonly linux: boolean;
  /** Those that a packaging job can have; both where it names no architecture. */
  readonly archs: readonly TargetArch[];
}

/** The platforms of a recipe's manifests, or of DescribeComponent's answer, in order. */
export function platformsOf(recipe: JsonObject): readonly ManifestPlatform[] {
  const manifests = Array.isArray(recipe.Manifests) ? recipe.Manifests.filter(isObject) : [];
  if (manifests.length > 0) return manifests.map((manifest) => platformOf(manifest.Platform ?? manifest.platform));
  const listed = Array.isArray(recipe.Platforms) ? recipe.Platforms.filter(isObject) : [];
  return listed.map((platform) => platformOf(platform.attributes ?? platform.Attributes));
}

function platformOf(platform: unknown): ManifestPlatform {
  const members = isObject(platform) ? platform : {};
  const os = textOf(members.os ?? members.Os);
  const architecture = textOf(members.architecture ?? members.Architecture);
  const archs = Object.entries(ARCHITECTURES).flatMap(([name, arch]) => (takes(architecture, name) ? [arch] : []));
  return { written: `${os} ${architecture}`, linux: takes(os, "linux"), archs };
}

function textOf(value: unknown): string {
  return typeof value === "string" && value !== "" ? value : "*";
}

/** Other names of the same architecture, which recipes use although the nucleus does not. */
const ALIASES: Readonly<Record<string, string>> = { arm64: "aarch64", x86_64: "amd64" };

/**
 * Whether a platform's attribute takes a value: exact, `*`, or `/regular expression/`, which has to match the whole value
 * (Greengrass developer guide, component recipe reference). An expression that could take long to match takes nothing.
 */
function takes(written: string, value: string): boolean {
  if (written === "*") return true;
  const expression = /^\/(.*)\/$/.exec(written)?.[1];
  if (expression === undefined) return (ALIASES[written] ?? written) === value;
  if (!isCheap(expression)) return false;
  const names = [value, ...Object.keys(ALIASES).filter((alias) => ALIASES[alias] === value)];
  try {
    const pattern = new RegExp(`^(?:${expression})$`);
    return names.some((name) => pattern.test(name));
  } catch {
    return false;
  }
}

const LONGEST_EXPRESSION = 200;
const MOST_REPETITIONS = 6;

/** Recipes come from anywhere: no repetition of a group, no counted ones, and few altogether, so that matching ends at once. */
function isCheap(expression: string): boolean {
  const repetitions = expression.match(/[*+?]/g) ?? [];
  const groups = expression.match(/\(\?:/g) ?? [];
  return (
    expression.length <= LONGEST_EXPRESSION &&
    repetitions.length - groups.length <= MOST_REPETITIONS &&
    !/\)[*+]|[{}]|\\\d|\(\?[^:]/.test(expression)
  );
}
