import { NO_COMPUTE_INSTANCE } from "../../device/detectors/access.js";
import { known } from "../../device/facts.js";
import type { Finding } from "../finding.js";
import type { Question } from "../make-finding.js";
import { componentOf } from "../rules/component.js";
import { change, neoBuild, nothing, type Remedy } from "./remedy.js";

/** Fixes if the job's description, its deployment or the user's rights are wrong. */
export function otherRemedies(finding: Finding, question: Question): readonly Remedy[] {
  const { job, model, deployed, facts } = question;
  const component = componentOf(question);
  const version = job === null ? (model?.version ?? null) : job.component.version;
  const package_ = version === null ? component : `${component} ${version}`;
  switch (finding.rule) {
    case "job.status":
      return [
        nothing("this job left no reliable package; use a job of the project that succeeded"),
        neoBuild("this machine"),
      ];
    case "job.consistent":
    case "compiler.options":
      return [
        change(
          "Comparing the saved description with the archive's, and with the tags of the component, and correcting the saved one",
          [finding.rule],
        ),
      ];
    case "component.deployed":
      return [
        change(`Deploying ${package_}: the package is a private component in the account that made it`, [finding.rule]),
      ];
    case "component.version":
      return [
        change(`Pinning ${package_} in the deployment of the application that depends on it`, [finding.rule]),
        change(
          `Checking against the job that made version ${known(deployed?.version ?? NONE) ?? "the deployed one"} instead`,
          [finding.rule],
        ),
      ];
    case "component.state":
      return [
        change(`Reading logs/${component}.log below the Greengrass root, then deploying ${package_} anew`, [
          finding.rule,
        ]),
      ];
    case "device.access":
      return accessRemedies(finding, facts);
    case "device.glibc":
      return [
        nothing("the C library comes with the system"),
        change("A system with a newer C library (Ubuntu 18.04 or later, JetPack 4.4 or later), or a container of one", [
          finding.rule,
        ]),
      ];
    default:
      return [];
  }
}

function accessRemedies({ rule, severity }: Finding, facts: Question["facts"]): readonly Remedy[] {
  if ((known(facts.access) ?? []).some(({ why }) => why === NO_COMPUTE_INSTANCE)) {
    return [
      change(
        `Creating a compute instance in each GPU instance${onHost(facts)} (nvidia-smi mig -cci), or switching MIG off (nvidia-smi -mig 0)`,
        [rule],
      ),
    ];
  }
  if (severity === "BLOCKING") {
    return [
      change(
        "Starting this container with the NVIDIA runtime (--gpus or runtime: nvidia), or with --device for each node that is missing",
        [rule],
      ),
    ];
  }
  return [
    change(
      `Adding the component's user to the group that owns ${deniedPlaces(facts)} (video on a Jetson: usermod -aG video ggc_user), then restarting Greengrass`,
      [rule],
    ),
  ];
}

function onHost(facts: Question["facts"]): string {
  return known(facts.container) === true ? " on this container's host" : "";
}

const NONE = { state: "absent", from: "" } as const;

function deniedPlaces(facts: Question["facts"]): string {
  return (known(facts.access) ?? [])
    .filter((one) => !one.allowed)
    .map((one) => one.path)
    .join(", ");
}
