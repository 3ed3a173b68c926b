import type { RuleId, Severity } from "./finding.js";
import { SOURCES } from "./sources.js";

/** One rule as the README's table shows it. */
export interface RuleRow {
  readonly id: RuleId;
  readonly compares: string;
  readonly decision: string;
  /** The severities that a difference can have, the gravest first; empty where the rule knows no difference. */
  readonly severities: readonly Severity[];
  /** The document that states the rule. */
  readonly source: string;
}

/** Every rule, in the order of RULE_IDS. */
export const RULE_TABLE: readonly RuleRow[] = [
  row(
    "job.status",
    "Status",
    "SUCCEEDED matches. FAILED left no package: BLOCKING. CREATED and RUNNING had not ended: ERROR",
    ["BLOCKING", "ERROR"],
    SOURCES.status,
  ),
  row(
    "job.consistent",
    "The description with itself, and the jobs of one device with each other",
    "Device and platform both given, x86 with a Jetson's gpu-code, jetson_xavier with another gpu-code than sm_72: ERROR. GPU options without accelerator, output other than configuration, values that the API does not know, two jobs that no one state of the machine satisfies: WARNING",
    ["ERROR", "WARNING"],
    SOURCES.api,
  ),
  row(
    "job.source-age",
    "How fresh the description is",
    "A stored copy is reported, never as a drift; older than maxCopyAgeDays: unknown. A service that is gone is a state",
    [],
    SOURCES.age,
  ),
  row("target.os", "Operating system", "Equal or BLOCKING", ["BLOCKING"], SOURCES.platform),
  row(
    "target.arch",
    "What the userland can run",
    "Equal or BLOCKING; a 32-bit userland on arm64 is not ARM64",
    ["BLOCKING"],
    SOURCES.platform,
  ),
  row(
    "target.accelerator",
    "An NVIDIA GPU that is there and driven",
    "None, nouveau, vfio-pci or a Tegra without NVIDIA's user space: BLOCKING. CPU jobs need none",
    ["BLOCKING"],
    SOURCES.platform,
  ),
  row(
    "target.device",
    "Board and JetPack",
    "Tegra194 or BLOCKING; AGX Xavier and its Industrial match, Xavier NX is a WARNING. JetPack 4.4 to 4.5.1 and 4.6.1 match, others are a WARNING",
    ["BLOCKING", "WARNING"],
    SOURCES.tested,
  ),
  row(
    "compiler.gpu-code",
    "Compute capability of the usable GPUs",
    "Cards: same major and no lower minor. Jetsons: equal. Anything else BLOCKING; one GPU that fits is enough. PTX in the model's files: from its architecture on, on another GPU a WARNING",
    ["BLOCKING", "WARNING"],
    SOURCES.cubin,
  ),
  row(
    "compiler.cuda-ver",
    "CUDA runtimes that the loader finds",
    "Up to 10.x: x.y equal or BLOCKING. From 11: other minor WARNING, other major BLOCKING. Not installed: BLOCKING. By the model's files alone: ERROR where only the bundled runtime needs it, from 11 on WARNING",
    ["BLOCKING", "ERROR", "WARNING"],
    SOURCES.soname,
  ),
  row(
    "compiler.trt-ver",
    "TensorRT that the loader finds, and the JetPack on a Jetson",
    "Other major or not installed: BLOCKING. Other minor or patch: WARNING, but x86 below compute capability 8.0 accepts 7.1.3 ≤ v < 8.0.0 for 7.1.3. Where only the bundled runtime needs it: ERROR",
    ["BLOCKING", "ERROR", "WARNING"],
    `${SOURCES.tensorrt}; ${SOURCES.requirements}`,
  ),
  row(
    "compiler.driver",
    "NVIDIA's driver, on cards",
    "Below the minimum of the CUDA that the job needs (11.x: 450.80.02, 12.x: 525.60.13, 13.x: 580): BLOCKING. On Jetsons it is part of L4T: a CUDA that is newer than L4T's, without the compatibility package, is BLOCKING. By the model's files alone as compiler.cuda-ver",
    ["BLOCKING", "ERROR", "WARNING"],
    SOURCES.driver,
  ),
  row(
    "compiler.mcpu",
    "Processor features",
    "One that is missing is BLOCKING; an x86 CPU job without mcpu means core-avx2",
    ["BLOCKING"],
    SOURCES.mcpu,
  ),
  row("compiler.mattr", "Processor features", "One that is missing is BLOCKING", ["BLOCKING"], SOURCES.mattr),
  row(
    "compiler.options",
    "Whether the options can be read and are complete",
    "A job for an NVIDIA platform that lacks gpu-code, trt-ver or cuda-ver: ERROR",
    ["ERROR"],
    SOURCES.settings,
  ),
  row(
    "component.deployed",
    "Whether Greengrass has the component",
    "Not deployed: ERROR",
    ["ERROR"],
    SOURCES.component,
  ),
  row(
    "component.version",
    "Deployed version, as three integers",
    "Another version is another package: ERROR",
    ["ERROR"],
    SOURCES.component,
  ),
  row(
    "component.state",
    "Greengrass' lifecycle state",
    "RUNNING and FINISHED match; ERRORED and BROKEN: ERROR; STOPPING: WARNING",
    ["ERROR", "WARNING"],
    SOURCES.component,
  ),
  row("device.memory", "Memory and free disk", "Below 6.0 GB or 1.5 GB: WARNING", ["WARNING"], SOURCES.requirements),
  row(
    "device.access",
    "Device nodes and libraries that a GPU model opens",
    "Denied to the component's user: ERROR. A node that CUDA needs and that this container lacks (nvidia-uvm, MIG's capabilities), or MIG without a compute instance: BLOCKING",
    ["BLOCKING", "ERROR"],
    SOURCES.setup,
  ),
  row(
    "device.cuda-driver",
    "The libcuda that the loader finds, with the loaded kernel module",
    "None, the toolkit's stub, or of another release than the module: BLOCKING. NVIDIA's compatibility package: matches on data-center GPUs when newer than the module and made for one as old, elsewhere BLOCKING. Part of L4T on Jetsons; not known on WSL2",
    ["BLOCKING"],
    SOURCES.libcuda,
  ),
  row(
    "device.glibc",
    "The system's C library",
    "Older than what the libraries' files need, or none: BLOCKING. Where their content cannot be read, and for models on the CPU, older than 2.27 (Ubuntu 18.04): WARNING",
    ["BLOCKING", "WARNING"],
    SOURCES.glibc,
  ),
  row(
    "model.libraries",
    "What the packaged model's files load from outside, with what the loader finds",
    "Not found, or an older GLIBC or GLIBCXX than they need: BLOCKING. Needed only by the bundled libdlr.so, which the Edge Agent may replace, and not of the TensorRT or CUDA that the model itself names: ERROR",
    ["BLOCKING", "ERROR"],
    SOURCES.ldd,
  ),
  row(
    "model.agrees",
    "The description with the packaged model's files",
    "Another architecture, accelerator, GPU code, CUDA or TensorRT: ERROR, and BLOCKING where what the files say will not run here; told only by the bundled runtime, or from CUDA 11 on by the toolkit's release: WARNING",
    ["BLOCKING", "ERROR", "WARNING"],
    SOURCES.model,
  ),
];

function row(id: RuleId, compares: string, decision: string, severities: readonly Severity[], source: string): RuleRow {
  return { id, compares, decision, severities, source };
}
