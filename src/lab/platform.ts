import { isObject, type JsonObject } from "../base/json.js";
import type { Flavour } from "./flavour.js";

/** The device that a recipe's manifest is chosen for. */
export interface Platform {
  readonly flavour: Flavour;
  /** linux, windows or darwin. */
  readonly os: string;
  /** amd64, aarch64, arm or x86. */
  readonly architecture: string;
  /** More attributes, such as `architecture.detail` or those of classic's platformOverride. */
  readonly more?: Readonly<Record<string, string>>;
}

/** A platform from what Node calls it (`process.platform`, `process.arch`). */
export function platformOf(flavour: Flavour, nodePlatform: string, nodeArch: string): Platform {
  const os = nodePlatform === "win32" ? "windows" : nodePlatform;
  const architecture = { x64: "amd64", arm64: "aarch64", ia32: "x86" }[nodeArch] ?? nodeArch;
  return { flavour, os, architecture };
}

/** Whether a manifest's `Platform` (missing: undefined) matches this platform. */
export function platformMatches(wanted: unknown, platform: Platform): boolean {
  return platform.flavour === "lite" ? liteMatches(wanted, platform) : classicMatches(wanted, platform);
}

/** Every key must match: exact text, `/regular expression/`, or `*`, which also takes an attribute that is not there. */
function classicMatches(wanted: unknown, platform: Platform): boolean {
  if (wanted === undefined || wanted === null) return true;
  if (!isObject(wanted)) return false;
  const device: JsonObject = { ...platform.more, os: platform.os, architecture: platform.architecture };
  return Object.entries(wanted).every(([key, written]) => {
    const pattern = String(written);
    const value = device[key];
    if (pattern === "*") return true;
    if (typeof value !== "string") return false;
    const expression = /^\/(.*)\/$/s.exec(pattern)?.[1];
    return expression === undefined ? pattern === value : matchesWhole(expression, value);
  });
}

function matchesWhole(expression: string, value: string): boolean {
  try {
    return new RegExp(`^(?:${expression})$`).test(value);
  } catch {
    return false;
  }
}

/** `runtime` and `os` are required; regular expressions and custom keys are not supported. */
function liteMatches(wanted: unknown, platform: Platform): boolean {
  if (!isObject(wanted)) return false;
  const { runtime, os, architecture } = wanted;
  const detail = wanted["architecture.detail"];
  return (
    (runtime === "*" || runtime === "aws_nucleus_lite") &&
    (os === "*" || os === "all" || os === platform.os) &&
    (architecture === undefined || architecture === "*" || architecture === platform.architecture) &&
    (detail === undefined || detail === "*" || detail === platform.more?.["architecture.detail"])
  );
}
