import { JOB_NAME_RULE, PROJECT_NAME_RULE, quoted } from "../../job/job-names.js";
import type { GreengrassConfiguration, ModelPackagingDescription } from "../../job/wire.js";

/** A constraint of the service's model that a description breaks: the property path, the value there, the value needed. */
interface BrokenConstraint {
  readonly path: string;
  readonly found: string;
  readonly needed: string;
}

interface TextRule {
  readonly min: number;
  readonly max: number;
  readonly pattern?: RegExp;
  readonly oneOf?: readonly string[];
}

const PROSE = /^[a-zA-Z0-9\-_. ()':,;?]+$/;
const COMPONENT_NAME: TextRule = { min: 1, max: 128, pattern: /^[a-zA-Z0-9\-_.]+$/ };
const COMPONENT_VERSION: TextRule = { min: 1, max: 64, pattern: /^([0-9]{1,6})\.([0-9]{1,6})\.([0-9]{1,6})$/ };
const TAG = /^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$/u;

/** API version 2020-11-20. ComponentVersionArn has no rule: the model's does not match the ARNs that Greengrass issues. */
const SCALARS = [
  ["JobName", JOB_NAME_RULE],
  ["ProjectName", PROJECT_NAME_RULE],
  ["ModelVersion", { min: 1, max: 10, pattern: /^([1-9][0-9]*|latest)$/ }],
  ["ModelPackagingJobDescription", { min: 1, max: 256, pattern: PROSE }],
  ["ModelPackagingMethod", { min: 1, max: 32, pattern: /^[a-zA-Z0-9]+/ }],
  ["Status", { min: 1, max: 64, oneOf: ["CREATED", "RUNNING", "SUCCEEDED", "FAILED"] }],
] as const satisfies readonly (readonly [keyof ModelPackagingDescription, TextRule])[];

type Check = (path: string, value: string | undefined, rule: TextRule) => void;

/** Every constraint that a description breaks, in the model's order; absent members break none. */
export function brokenConstraints(description: ModelPackagingDescription): readonly BrokenConstraint[] {
  const broken: BrokenConstraint[] = [];
  const check: Check = (path, value, rule) => {
    const found = value === undefined ? null : faultOf(value, rule);
    if (found !== null) broken.push({ path, found, needed: neededOf(rule) });
  };
  for (const [member, rule] of SCALARS) check(member, description[member], rule);
  const requested = description.ModelPackagingConfiguration?.Greengrass;
  if (requested !== undefined) checkConfiguration(requested, check, broken);
  const made = description.ModelPackagingOutputDetails?.Greengrass;
  check("ModelPackagingOutputDetails.Greengrass.ComponentName", made?.ComponentName, COMPONENT_NAME);
  check("ModelPackagingOutputDetails.Greengrass.ComponentVersion", made?.ComponentVersion, COMPONENT_VERSION);
  return broken;
}

/** The part of a text that breaks a rule, or null. */
function faultOf(value: string, rule: TextRule): string | null {
  const length = [...value].length;
  if (length < rule.min || length > rule.max) return `${length} characters`;
  const fits = (rule.pattern?.test(value) ?? true) && (rule.oneOf?.includes(value) ?? true);
  return fits ? null : quoted(value);
}

function checkConfiguration(configuration: GreengrassConfiguration, check: Check, broken: BrokenConstraint[]): void {
  const path = "ModelPackagingConfiguration.Greengrass";
  const bucket = { min: 3, max: 63, pattern: /^[0-9A-Za-z.\-_]*$/ };
  const prefix = { min: 0, max: 1024, pattern: /^([a-zA-Z0-9!_.*'()-][/a-zA-Z0-9!_.*'()-]*)?$/ };
  check(`${path}.CompilerOptions`, configuration.CompilerOptions, { min: 3, max: 1024, pattern: /^.*$/ });
  check(`${path}.TargetDevice`, configuration.TargetDevice, { min: 1, max: 64, oneOf: ["jetson_xavier"] });
  check(`${path}.TargetPlatform.Os`, configuration.TargetPlatform?.Os, { min: 1, max: 64, oneOf: ["LINUX"] });
  check(`${path}.TargetPlatform.Arch`, configuration.TargetPlatform?.Arch, {
    min: 1,
    max: 64,
    oneOf: ["ARM64", "X86_64"],
  });
  check(`${path}.TargetPlatform.Accelerator`, configuration.TargetPlatform?.Accelerator, {
    min: 1,
    max: 64,
    oneOf: ["NVIDIA"],
  });
  check(`${path}.S3OutputLocation.Bucket`, configuration.S3OutputLocation?.Bucket, bucket);
  check(`${path}.S3OutputLocation.Prefix`, configuration.S3OutputLocation?.Prefix, prefix);
  check(`${path}.ComponentName`, configuration.ComponentName, COMPONENT_NAME);
  check(`${path}.ComponentVersion`, configuration.ComponentVersion, COMPONENT_VERSION);
  check(`${path}.ComponentDescription`, configuration.ComponentDescription, { min: 1, max: 256, pattern: PROSE });
  const tags = configuration.Tags ?? [];
  if (tags.length > 200)
    broken.push({ path: `${path}.Tags`, found: `${tags.length} tags`, needed: "at most 200 tags" });
  for (const [at, tag] of tags.entries()) {
    check(`${path}.Tags[${at}].Key`, tag.Key ?? "", { min: 1, max: 128, pattern: TAG });
    check(`${path}.Tags[${at}].Value`, tag.Value, { min: 0, max: 256, pattern: TAG });
  }
}

function neededOf({ min, max, pattern, oneOf }: TextRule): string {
  if (oneOf !== undefined) return oneOf.length === 1 ? `${oneOf[0]}` : `one of ${oneOf.join(", ")}`;
  return `${min} to ${max} characters${pattern === undefined ? "" : ` that match ${pattern.source}`}`;
}
