import type { RuleId, Severity } from "./finding.js";
import { SOURCES } from "./sources.js";

/** One rule as docs/reference/rules.md shows it. */
export interface RuleRow {
  readonly id: RuleId;
  readonly compares: string;
  readonly decision: string;
  /** The possible severities of a difference, the highest first; empty if the rule has none. */
  readonly severities: readonly Severity[];
  /** The document that states the rule. */
  readonly source: string;
}

/** Every rule, in the order of RULE_IDS. */
export const RULE_TABLE: readonly RuleRow[] = [
  row(
    "job.status",
    "Status",
    "SUCCEEDED matches. FAILED is BLOCKING, because no package was made. CREATED and RUNNING are an ERROR: the job had not ended when its description was saved",
    ["BLOCKING", "ERROR"],
    SOURCES.status,
  ),
  row(
    "job.consistent",
    "The description for contradictions, and the jobs of one device against each other",
    "ERROR: a target device and a target platform in one job, x86 with the gpu-code of a Jetson, jetson_xavier with a gpu-code other than sm_72. WARNING: GPU options without an accelerator, an output that differs from the configuration, values that the API does not know, two jobs that cannot both run on one state of the machine",
    ["ERROR", "WARNING"],
    SOURCES.api,
  ),
  row(
    "job.source-age",
    "How fresh the description is",
    "The use of a stored copy is reported and never counts as drift. A copy older than maxCopyAgeDays is unknown. A service that has ended is a state of the source, not a difference",
    [],
    SOURCES.age,
  ),
  row("target.os", "Operating system", "Anything but the same is BLOCKING", ["BLOCKING"], SOURCES.platform),
  row(
    "target.arch",
    "What the userland can run",
    "Anything but the same is BLOCKING. A 32-bit userland on an arm64 kernel is not ARM64",
    ["BLOCKING"],
    SOURCES.platform,
  ),
  row(
    "target.accelerator",
    "An NVIDIA GPU with a working driver",
    "BLOCKING where there is no GPU, where nouveau or vfio-pci holds it, and on a Tegra without NVIDIA's user space. Jobs for the CPU need none",
    ["BLOCKING"],
    SOURCES.platform,
  ),
  row(
    "target.device",
    "Board and JetPack",
    "Any SoC but Tegra194 is BLOCKING. AGX Xavier and AGX Xavier Industrial match, Xavier NX is a WARNING. JetPack 4.4 to 4.5.1 and 4.6.1 match, any other is a WARNING",
    ["BLOCKING", "WARNING"],
    SOURCES.tested,
  ),
  row(
    "compiler.gpu-code",
    "Compute capability of the usable GPUs",
    "A card needs the same major version and at least the same minor version, a Jetson exactly the same version. Anything else is BLOCKING. One GPU that fits is enough. PTX in the model's files runs on its own architecture and on later ones; on a later one it is a WARNING",
    ["BLOCKING", "WARNING"],
    SOURCES.cubin,
  ),
  row(
    "compiler.cuda-ver",
    "CUDA runtimes that the loader finds",
    "Up to CUDA 10, any version but the same x.y is BLOCKING. From CUDA 11 on, another minor version is a WARNING and another major version is BLOCKING. CUDA that is not installed is BLOCKING. By the model's files alone it is an ERROR where only the bundled runtime needs it, and from CUDA 11 on a WARNING",
    ["BLOCKING", "ERROR", "WARNING"],
    SOURCES.soname,
  ),
  row(
    "compiler.trt-ver",
    "TensorRT that the loader finds, and the JetPack on a Jetson",
    "Another major version, or none, is BLOCKING. Another minor or patch version is a WARNING, except on x86 below compute capability 8.0, where a job for 7.1.3 accepts every version from 7.1.3 up to but not including 8.0.0. Where only the bundled runtime needs TensorRT, it is an ERROR",
    ["BLOCKING", "ERROR", "WARNING"],
    `${SOURCES.tensorrt}; ${SOURCES.requirements}`,
  ),
  row(
    "compiler.driver",
    "NVIDIA's driver, on cards",
    "A driver below the minimum of the CUDA that the job needs (11.x: 450.80.02, 12.x: 525.60.13, 13.x: 580) is BLOCKING. On Jetsons the driver is part of L4T: there a CUDA newer than L4T's, without the compatibility package, is BLOCKING. By the model's files alone it is an ERROR or a WARNING, as for compiler.cuda-ver",
    ["BLOCKING", "ERROR", "WARNING"],
    SOURCES.driver,
  ),
  row(
    "compiler.mcpu",
    "Processor features",
    "A missing feature is BLOCKING. A job for an x86 CPU without mcpu means core-avx2",
    ["BLOCKING"],
    SOURCES.mcpu,
  ),
  row("compiler.mattr", "Processor features", "A missing feature is BLOCKING", ["BLOCKING"], SOURCES.mattr),
  row(
    "compiler.options",
    "Whether the options can be read and are complete",
    "A job for an NVIDIA platform without gpu-code, trt-ver or cuda-ver is an ERROR",
    ["ERROR"],
    SOURCES.settings,
  ),
  row(
    "component.deployed",
    "Whether Greengrass has the component",
    "A component that is not deployed is an ERROR",
    ["ERROR"],
    SOURCES.component,
  ),
  row(
    "component.version",
    "Deployed version, as three integers",
    "A different version is a different package, and an ERROR",
    ["ERROR"],
    SOURCES.component,
  ),
  row(
    "component.state",
    "Greengrass' lifecycle state",
    "RUNNING and FINISHED match. ERRORED and BROKEN are an ERROR, STOPPING is a WARNING",
    ["ERROR", "WARNING"],
    SOURCES.component,
  ),
  row(
    "device.memory",
    "Memory and free disk",
    "Less than 6.0 GB of memory or 1.5 GB of free disk is a WARNING",
    ["WARNING"],
    SOURCES.requirements,
  ),
  row(
    "device.access",
    "Device nodes and libraries that a GPU model opens",
    "Anything the component's user cannot open is an ERROR. A device node that CUDA needs and that this container lacks (nvidia-uvm, MIG's capabilities) is BLOCKING, and so is MIG without a compute instance",
    ["BLOCKING", "ERROR"],
    SOURCES.setup,
  ),
  row(
    "device.cuda-driver",
    "The libcuda that the loader finds, with the loaded kernel module",
    "BLOCKING where there is no libcuda, where it is the toolkit's stub, and where its release differs from the kernel module's. The libcuda of NVIDIA's compatibility package matches on data-center GPUs, if it is newer than the module and made for one as old; elsewhere it is BLOCKING. On Jetsons it is part of L4T. On WSL2 it is unknown",
    ["BLOCKING"],
    SOURCES.libcuda,
  ),
  row(
    "device.glibc",
    "The system's C library",
    "No C library, or one older than the libraries' files need, is BLOCKING. Where their content cannot be read, and for models on the CPU, one older than 2.27 (Ubuntu 18.04) is a WARNING",
    ["BLOCKING", "WARNING"],
    SOURCES.glibc,
  ),
  row(
    "model.libraries",
    "The outside libraries that the model's files load, against what the loader finds",
    "A library that is not found, or has an older GLIBC or GLIBCXX than needed, is BLOCKING. It is an ERROR where only the bundled libdlr.so needs it, which the Edge Agent may replace, unless it is of the TensorRT or CUDA that the model itself names",
    ["BLOCKING", "ERROR"],
    SOURCES.ldd,
  ),
  row(
    "model.agrees",
    "The description with the packaged model's files",
    "A different architecture, accelerator, GPU code, CUDA or TensorRT is an ERROR, and BLOCKING if what the files need will not run here. It is a WARNING where only the bundled runtime says so, or, from CUDA 11 on, only the toolkit's release",
    ["BLOCKING", "ERROR", "WARNING"],
    SOURCES.model,
  ),
];

function row(id: RuleId, compares: string, decision: string, severities: readonly Severity[], source: string): RuleRow {
  return { id, compares, decision, severities, source };
}
