import { parentOf } from "../../base/paths.js";
import { DRIVER_CONTAINER } from "../../device/detectors/libcuda.js";
import { known } from "../../device/facts.js";
import type { Question } from "../make-finding.js";
import { driverFault, missesBase } from "../rules/cuda-driver.js";
import { change, nothing, type Remedy } from "./remedy.js";

const RULE = ["device.cuda-driver"] as const;

/** Fixes that make the loader find a libcuda that matches the loaded kernel module. */
export function cudaDriverRemedies(question: Question): readonly Remedy[] {
  const { facts } = question;
  const found = known(facts.libcuda);
  const driver = known(facts.driver);
  const inContainer = known(facts.container) === true;
  if (found === null) return missing(question, inContainer, driver);
  const folder = parentOf(found.path);
  switch (driverFault(question)) {
    case "NOT_FOUND":
      if (folder.startsWith(`${DRIVER_CONTAINER}/`)) {
        return [
          change(
            "Running the component in a container with the NVIDIA runtime: this host's driver is a container's, of NVIDIA's GPU operator",
            RULE,
          ),
        ];
      }
      return [change(`Letting the loader find ${folder} (a line in /etc/ld.so.conf.d, then ldconfig)`, RULE)];
    case "STUB":
      return [
        change(`Removing ${folder} from /etc/ld.so.conf.d (or the link to the stub in it), then ldconfig`, RULE, [
          "lets the loader give the driver's own libcuda, which must be installed",
        ]),
      ];
    case "MISMATCH":
      return inContainer
        ? [
            change(
              `Removing the libcuda that this container's image holds (${found.path}), so that the NVIDIA runtime mounts that of the host's driver ${driver}`,
              RULE,
            ),
          ]
        : [
            change(
              `A reboot, or a reload of the module while nothing uses the GPU (rmmod nvidia_uvm nvidia, then modprobe nvidia)`,
              RULE,
              [`loads the module of release ${found.version}`],
            ),
          ];
    case "COMPATIBILITY_BASE":
      return [
        change(`An update of NVIDIA's driver to release ${missesBase(facts)?.base} or later, then a reboot`, RULE),
        withoutPackage(folder, driver),
      ];
    // The compatibility package is older than the driver, or the GPU does not support it.
    default:
      return [withoutPackage(folder, driver)];
  }
}

function withoutPackage(folder: string, driver: string | null): Remedy {
  return change(
    `Removing the compatibility package (cuda-compat-X-Y, ${folder}) or the line in /etc/ld.so.conf.d that names its folder, then ldconfig`,
    RULE,
    [`lets the loader give the libcuda of driver ${driver}`],
  );
}

function missing({ facts }: Question, inContainer: boolean, driver: string | null): readonly Remedy[] {
  if (inContainer) {
    return [
      change(
        "Starting this container with the NVIDIA runtime (--gpus or runtime: nvidia), which mounts the host's libcuda",
        RULE,
      ),
    ];
  }
  if (known(facts.jetson) !== null) return [change("Installing L4T's package nvidia-l4t-cuda", RULE)];
  const release = driver === null ? "" : ` of release ${driver}`;
  return [
    change(
      `Installing the user space${release} of NVIDIA's driver (package libnvidia-compute-N, or libcuda1 on Debian)`,
      RULE,
    ),
    nothing(
      "as a host of NVIDIA's vGPU manager, whose driver has no libcuda; run the model in a virtual machine with the guest driver",
    ),
  ];
}
