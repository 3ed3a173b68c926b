import { isObject, type JsonObject } from "../base/json.js";
import { describeType, quoted } from "./job-names.js";
import type { ModelPackagingDescription } from "./wire.js";
import { epochMilliseconds } from "./wire-answer.js";

/** A description as the service would have sent it, with a sentence for each change made. */
interface WireDescription {
  readonly description: ModelPackagingDescription;
  readonly changes: readonly string[];
}

/**
 * The members of the service's model, in its order and with its types: times as epoch seconds with milliseconds, without nulls
 * and the client's own members. Never throws; what does not fit the model is left out and reported.
 */
export function wireDescription(members: JsonObject): WireDescription {
  const changes: string[] = [];
  return { description: shapedMembers(members, DESCRIPTION, "", changes), changes };
}

type Shape = "text" | "json" | "time" | readonly [Shape] | { readonly [member: string]: Shape };

const COMPONENT = { ComponentVersionArn: "text", ComponentName: "text", ComponentVersion: "text" } as const;

/** ModelPackagingDescription, API version 2020-11-20. */
const DESCRIPTION: { readonly [member: string]: Shape } = {
  JobName: "text",
  ProjectName: "text",
  ModelVersion: "text",
  ModelPackagingConfiguration: {
    Greengrass: {
      CompilerOptions: "json",
      TargetDevice: "text",
      TargetPlatform: { Os: "text", Arch: "text", Accelerator: "text" },
      S3OutputLocation: { Bucket: "text", Prefix: "text" },
      ComponentName: "text",
      ComponentVersion: "text",
      ComponentDescription: "text",
      Tags: [{ Key: "text", Value: "text" }],
    },
  },
  ModelPackagingJobDescription: "text",
  ModelPackagingMethod: "text",
  ModelPackagingOutputDetails: { Greengrass: COMPONENT },
  Status: "text",
  StatusMessage: "text",
  CreationTimestamp: "time",
  LastUpdatedTimestamp: "time",
};

// What boto3, the SDK for JavaScript and the SDK for Go add to an answer: different with every call, no part of the job.
const CLIENT_MEMBERS = ["ResponseMetadata", "$metadata", "ResultMetadata"];

/** Converts a value to a shape; undefined if none of it can be used. */
function shaped(value: unknown, shape: Shape, path: string, changes: string[]): unknown {
  if (value === null || value === undefined) return undefined;
  const leftOut = (needed: string) => void changes.push(`${path} is ${describeType(value)}, not ${needed}: left out`);
  if (shape === "json" && isObject(value)) {
    changes.push(`${path} was an object: stored as JSON text`);
    return JSON.stringify(value);
  }
  if (shape === "text" || shape === "json") return shapedText(value, path, changes) ?? leftOut("text");
  if (shape === "time") return shapedTime(value, path, changes);
  if (!isList(shape)) {
    return isObject(value) ? shapedMembers(value, shape, path, changes) : leftOut("an object");
  }
  if (!Array.isArray(value)) return leftOut("a list");
  return value
    .map((item, at) => shaped(item, shape[0], `${path}[${at}]`, changes))
    .filter((item) => item !== undefined);
}

function shapedText(value: unknown, path: string, changes: string[]): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value !== "number" && typeof value !== "boolean") return undefined;
  // YAML without quotes: ModelVersion: 7.
  changes.push(`${path} was ${describeType(value)}: read as "${value}"`);
  return String(value);
}

function shapedTime(value: unknown, path: string, changes: string[]): number | undefined {
  const milliseconds = epochMilliseconds(value);
  if (milliseconds !== null) return milliseconds / 1000;
  changes.push(`${path} is not a time (${typeof value === "number" ? value : quoted(value, 40)}): left out`);
  return undefined;
}

function shapedMembers(
  value: JsonObject,
  shape: { readonly [member: string]: Shape },
  path: string,
  changes: string[],
): JsonObject {
  const out: Record<string, unknown> = {};
  const within = path === "" ? "" : `${path}.`;
  for (const [member, inner] of Object.entries(shape)) {
    const found = Object.hasOwn(value, member)
      ? shaped(value[member], inner, `${within}${member}`, changes)
      : undefined;
    if (found !== undefined) out[member] = found;
  }
  for (const member of Object.keys(value)) {
    if (Object.hasOwn(shape, member) || CLIENT_MEMBERS.includes(member) || value[member] === null) continue;
    changes.push(`${within}${quoted(member).slice(1, -1)} is not a member of the service's model: left out`);
  }
  return out;
}

function isList(shape: Shape): shape is readonly [Shape] {
  return Array.isArray(shape);
}
