import { isObject, type JsonObject } from "../../base/json.js";
import { kindOf, quoted } from "../../job/job-names.js";
import type { ModelPackagingDescription } from "../../job/wire.js";
import { epochMilliseconds } from "../../job/wire-answer.js";

/** A description as the service would have sent it, and what had to be changed for that, in sentences. */
export interface WireDescription {
  readonly description: ModelPackagingDescription;
  readonly changes: readonly string[];
}

/**
 * The members of the service's model, in its order and with its types: times as epoch seconds with milliseconds, nulls and
 * the client's own members left out. Never throws; what cannot be kept is left out and told.
 */
export function wireDescription(members: JsonObject): WireDescription {
  const changes: string[] = [];
  return { description: shaped(members, DESCRIPTION, "", changes) as ModelPackagingDescription, changes };
}

type Shape = "text" | "time" | readonly [Shape] | { readonly [member: string]: Shape };

const COMPONENT = { ComponentVersionArn: "text", ComponentName: "text", ComponentVersion: "text" } as const;

/** ModelPackagingDescription, API version 2020-11-20. */
const DESCRIPTION: { readonly [member: string]: Shape } = {
  JobName: "text",
  ProjectName: "text",
  ModelVersion: "text",
  ModelPackagingConfiguration: {
    Greengrass: {
      CompilerOptions: "text",
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

// Beside an answer: boto3, the SDK for JavaScript, the SDK for Go. Other with every call and no part of the job.
const CLIENT_MEMBERS = ["ResponseMetadata", "$metadata", "ResultMetadata"];

/** The value in its shape; undefined when there is none to keep. */
function shaped(value: unknown, shape: Shape, path: string, changes: string[]): unknown {
  if (value === null || value === undefined) return undefined;
  const leftOut = (needed: string) => void changes.push(`${path} is ${kindOf(value)}, not ${needed}: left out`);
  if (shape === "text") {
    if (typeof value === "string") return value;
    // YAML without quotes: ModelVersion: 7.
    if (typeof value !== "number" && typeof value !== "boolean") return leftOut("text");
    changes.push(`${path} was ${kindOf(value)}: taken as "${value}"`);
    return String(value);
  }
  if (shape === "time") {
    const milliseconds = epochMilliseconds(value);
    if (milliseconds !== null) return milliseconds / 1000;
    changes.push(`${path} is no time (${typeof value === "number" ? value : quoted(value, 40)}): left out`);
    return undefined;
  }
  if (isList(shape)) {
    if (!Array.isArray(value)) return leftOut("a list");
    return value
      .map((item, at) => shaped(item, shape[0], `${path}[${at}]`, changes))
      .filter((item) => item !== undefined);
  }
  return isObject(value) ? members(value, shape, path, changes) : leftOut("an object");
}

function members(
  value: JsonObject,
  shape: { readonly [member: string]: Shape },
  path: string,
  changes: string[],
): unknown {
  const out: Record<string, unknown> = {};
  const within = path === "" ? "" : `${path}.`;
  for (const [member, inner] of Object.entries(shape)) {
    const kept = Object.hasOwn(value, member) ? shaped(value[member], inner, `${within}${member}`, changes) : undefined;
    if (kept !== undefined) out[member] = kept;
  }
  for (const member of Object.keys(value)) {
    if (Object.hasOwn(shape, member) || CLIENT_MEMBERS.includes(member) || value[member] === null) continue;
    changes.push(`${within}${quoted(member).slice(1, -1)} is no member of the service's model: left out`);
  }
  return out;
}

function isList(shape: Shape): shape is readonly [Shape] {
  return Array.isArray(shape);
}
