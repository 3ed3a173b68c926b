import { JOB_NAME, PROJECT_NAME, quoted } from "../../job/job-names.js";
import type { GreengrassConfiguration, ModelPackagingDescription } from "../../job/wire.js";

/** A constraint of the service's model that a description breaks: the property path, what stands there, what must. */
export interface BrokenConstraint {
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

/** API version 2020-11-20. ComponentVersionArn has no rule: the model's does not match the ARNs that Greengrass gives. */
const SCALARS: Readonly<Record<string, TextRule>> = {
  JobName: JOB_NAME,
  ProjectName: PROJECT_NAME,
  ModelVersion: { min: 1, max: 10, pattern: /^([1-9][0-9]*|latest)$/ },
  ModelPackagingJobDescription: { min: 1, max: 256, pattern: PROSE },
  ModelPackagingMethod: { min: 1, max: 32, pattern: /^[a-zA-Z0-9]+/ },
  Status: { min: 1, max: 64, oneOf: ["CREATED", "RUNNING", "SUCCEEDED", "FAILED"] },
};

/** Every constraint that a description breaks, in the model's order; empty when it keeps all. Absent members break none. */
export function brokenConstraints(description: ModelPackagingDescription): readonly BrokenConstraint[] {
  const broken: BrokenConstraint[] = [];
  const check = (path: string, value: string | undefined, rule: TextRule): void => {
    if (value === undefined) return;
    const needed = neededOf(rule);
    const length = [...value].length;
    if (length < rule.min || length > rule.max) broken.push({ path, found: `${length} characters`, needed });
    else if (rule.pattern?.test(value) === false || rule.oneOf?.includes(value) === false) {
      broken.push({ path, found: quoted(value), needed });
    }
  };
  for (const [member, rule] of Object.entries(SCALARS)) {
    check(member, description[member as "JobName"], rule);
  }
  const asked = description.ModelPackagingConfiguration?.Greengrass;
  if (asked !== undefined) checkConfiguration(asked, check, broken);
  const made = description.ModelPackagingOutputDetails?.Greengrass;
  check("ModelPackagingOutputDetails.Greengrass.ComponentName", made?.ComponentName, COMPONENT_NAME);
  check("ModelPackagingOutputDetails.Greengrass.ComponentVersion", made?.ComponentVersion, COMPONENT_VERSION);
  return broken;
}

function checkConfiguration(
  asked: GreengrassConfiguration,
  check: (path: string, value: string | undefined, rule: TextRule) => void,
  broken: BrokenConstraint[],
): void {
  const path = "ModelPackagingConfiguration.Greengrass";
  const bucket = { min: 3, max: 63, pattern: /^[0-9A-Za-z.\-_]*$/ };
  const prefix = { min: 0, max: 1024, pattern: /^([a-zA-Z0-9!_.*'()-][/a-zA-Z0-9!_.*'()-]*)?$/ };
  check(`${path}.CompilerOptions`, asked.CompilerOptions, { min: 3, max: 1024, pattern: /^.*$/ });
  check(`${path}.TargetDevice`, asked.TargetDevice, { min: 1, max: 64, oneOf: ["jetson_xavier"] });
  check(`${path}.TargetPlatform.Os`, asked.TargetPlatform?.Os, { min: 1, max: 64, oneOf: ["LINUX"] });
  check(`${path}.TargetPlatform.Arch`, asked.TargetPlatform?.Arch, { min: 1, max: 64, oneOf: ["ARM64", "X86_64"] });
  check(`${path}.TargetPlatform.Accelerator`, asked.TargetPlatform?.Accelerator, {
    min: 1,
    max: 64,
    oneOf: ["NVIDIA"],
  });
  check(`${path}.S3OutputLocation.Bucket`, asked.S3OutputLocation?.Bucket, bucket);
  check(`${path}.S3OutputLocation.Prefix`, asked.S3OutputLocation?.Prefix, prefix);
  check(`${path}.ComponentName`, asked.ComponentName, COMPONENT_NAME);
  check(`${path}.ComponentVersion`, asked.ComponentVersion, COMPONENT_VERSION);
  check(`${path}.ComponentDescription`, asked.ComponentDescription, { min: 1, max: 256, pattern: PROSE });
  const tags = asked.Tags ?? [];
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
