import { isObject, type JsonObject } from "../base/json.js";
import { parseCompilerOptions } from "./compiler-options.js";
import type { CompilerOptions, ComponentIdentity, JobProblem, PackagingJob } from "./job.js";
import { describeType, JOB_NAME_RULE, PROJECT_NAME_RULE, quoted } from "./job-names.js";
import { descriptionOf, epochMilliseconds } from "./wire-answer.js";

/**
 * Reads an answer of DescribeModelPackagingJob as saved by any client. Throws NotAJobError when it is not a job at all;
 * members that do not follow the service's model become problems, and null where they have no usable value.
 */
export function parseJob(answer: unknown): PackagingJob {
  const read = reader(descriptionOf(answer));
  const greengrass = read.members("ModelPackagingConfiguration")?.members("Greengrass") ?? null;
  const made = read.members("ModelPackagingOutputDetails")?.members("Greengrass") ?? null;
  const platform = greengrass?.members("TargetPlatform") ?? null;
  const modelVersion = read.text("ModelVersion", MODEL_VERSION);
  const configured = identity(greengrass);
  const output = made && { ...identity(made), arn: made.text("ComponentVersionArn", ARN) };
  return {
    project: read.text("ProjectName", { max: PROJECT_NAME_RULE.max, pattern: PROJECT_NAME_RULE.pattern }),
    name: read.text("JobName", { max: JOB_NAME_RULE.max, pattern: JOB_NAME_RULE.pattern }),
    modelVersion,
    status: read.text("Status", STATUS),
    statusMessage: read.prose("StatusMessage", 4096),
    description: read.prose("ModelPackagingJobDescription", 256),
    method: read.text("ModelPackagingMethod", { max: 32 }),
    createdAt: read.time("CreationTimestamp"),
    updatedAt: read.time("LastUpdatedTimestamp"),
    component: component(output, configured, modelVersion),
    configured,
    output,
    targetDevice: greengrass?.text("TargetDevice", TARGET_DEVICE) ?? null,
    targetPlatform: platform && {
      os: platform.text("Os", OS),
      arch: platform.text("Arch", ARCH),
      accelerator: platform.text("Accelerator", ACCELERATOR),
    },
    compilerOptions: greengrass ? compilerOptions(greengrass) : parseCompilerOptions(null),
    problems: read.problems,
  };
}

/** What the service's model requires of a text member. */
interface TextRule {
  readonly max: number;
  readonly pattern?: RegExp;
  readonly oneOf?: readonly string[];
}

// Every client passes unknown enum values through, so keep them here too and report a problem.
const STATUS: TextRule = { max: 64, oneOf: ["CREATED", "RUNNING", "SUCCEEDED", "FAILED"] };
const TARGET_DEVICE: TextRule = { max: 64, oneOf: ["jetson_xavier"] };
const OS: TextRule = { max: 64, oneOf: ["LINUX"] };
const ARCH: TextRule = { max: 64, oneOf: ["ARM64", "X86_64"] };
const ACCELERATOR: TextRule = { max: 64, oneOf: ["NVIDIA"] };
const MODEL_VERSION: TextRule = { max: 10, pattern: /^([1-9][0-9]*|latest)$/ };
const COMPONENT_NAME: TextRule = { max: 128, pattern: /^[a-zA-Z0-9_.-]+$/ };
const COMPONENT_VERSION: TextRule = { max: 64, pattern: /^[0-9]{1,6}\.[0-9]{1,6}\.[0-9]{1,6}$/ };
// No pattern: the one in the service's model does not match the component ARNs that Greengrass issues.
const ARN: TextRule = { max: 2048 };

interface Reader {
  readonly problems: JobProblem[];
  /** One line of text; null where it is absent or unusable. */
  text(member: string, rule: TextRule): string | null;
  /** Free text on one line, cut at `max` characters. */
  prose(member: string, max: number): string | null;
  /** An instant as ISO 8601, UTC. */
  time(member: string): string | null;
  members(member: string): Reader | null;
  raw(member: string): unknown;
  problem(member: string, found: string, needed: string): void;
}

/** `path` is the path of these members with a trailing dot; empty for the description itself. */
function reader(members: JsonObject, path = "", problems: JobProblem[] = []): Reader {
  const raw = (member: string): unknown => (Object.hasOwn(members, member) ? members[member] : undefined) ?? null;
  const problem = (member: string, found: string, needed: string): void => {
    problems.push({ path: `${path}${member}`, found, needed });
  };
  return {
    problems,
    raw,
    problem,
    text(member, rule) {
      const value = raw(member);
      if (value === null) return null;
      const needed = neededOf(rule);
      if (typeof value !== "string") problem(member, describeType(value), needed);
      else if (value === "") problem(member, "empty text", needed);
      else if (value.length > rule.max) problem(member, `${value.length} characters`, needed);
      else if (CONTROL.test(value)) problem(member, quoted(value), needed);
      else {
        if (rule.pattern?.test(value) === false || rule.oneOf?.includes(value) === false) {
          problem(member, quoted(value), needed);
        }
        return value;
      }
      return null;
    },
    prose(member, max) {
      const value = raw(member);
      if (typeof value === "string") {
        const line = value.replace(CONTROLS, " ");
        return line.length > max ? `${line.slice(0, max - 1)}…` : line;
      }
      if (value !== null) problem(member, describeType(value), "text");
      return null;
    },
    time(member) {
      const value = raw(member);
      if (value === null) return null;
      const milliseconds = epochMilliseconds(value);
      if (milliseconds !== null) return new Date(milliseconds).toISOString();
      const found = typeof value === "number" ? String(value) : quoted(value);
      problem(member, found, "epoch seconds, or an ISO 8601 time with its zone");
      return null;
    },
    members(member) {
      const value = raw(member);
      if (isObject(value)) return reader(value, `${path}${member}.`, problems);
      if (value !== null) problem(member, describeType(value), "an object");
      return null;
    },
  };
}

const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]+/gu;
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u;

function neededOf(rule: TextRule): string {
  if (rule.oneOf !== undefined) return rule.oneOf.length === 1 ? `${rule.oneOf[0]}` : `one of ${rule.oneOf.join(", ")}`;
  return `1 to ${rule.max} characters${rule.pattern === undefined ? "" : ` that match ${rule.pattern.source}`}`;
}

function identity(greengrass: Reader | null): ComponentIdentity {
  return {
    name: greengrass?.text("ComponentName", COMPONENT_NAME) ?? null,
    version: greengrass?.text("ComponentVersion", COMPONENT_VERSION) ?? null,
  };
}

/** The output names what was made, the configuration what was requested; without either the service's default version applies. */
function component(
  output: ComponentIdentity | null,
  configured: ComponentIdentity,
  modelVersion: string | null,
): PackagingJob["component"] {
  const name = output?.name ?? configured.name;
  if (output?.version) return { name, version: output.version, versionFrom: "OUTPUT" };
  if (configured.version) return { name, version: configured.version, versionFrom: "CONFIGURATION" };
  if (name !== null && modelVersion !== null && /^[1-9][0-9]*$/.test(modelVersion)) {
    return { name, version: `${modelVersion}.0.0`, versionFrom: "DEFAULT" };
  }
  return { name, version: null, versionFrom: null };
}

function compilerOptions(greengrass: Reader): CompilerOptions {
  const value = greengrass.raw("CompilerOptions");
  if (value === null || typeof value === "string") return parseCompilerOptions(value);
  const found = describeType(value);
  greengrass.problem("CompilerOptions", found, "text of 3 to 1024 characters");
  // Written by hand, or by a client that parsed the text: the options are there all the same.
  if (isObject(value)) return { ...parseCompilerOptions(JSON.stringify(value)), form: "tolerated" };
  return { ...parseCompilerOptions(null), form: "unparseable", problems: [`must be text, is ${found}`] };
}
