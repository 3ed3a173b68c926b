import type { DeviceFacts, Gpu } from "../../device/facts.js";
import { known } from "../../device/facts.js";
import { PATHS } from "../../job/requirements.js";
import { silent, unreadNote } from "../basis.js";
import type { Finding } from "../finding.js";
import { gpusOf } from "../gpu-codes.js";
import { absence, drift, evidence, match, notApplicable, type Question, unknown } from "../make-finding.js";
import type { Need } from "../needs.js";
import { SOURCES } from "../sources.js";

/** `target.os`: packages are made for Linux alone. */
export function targetOs(question: Question): Finding {
  const { needs, facts } = question;
  const actual = known(facts.os) ?? (facts.os.state === "absent" ? "none that packdrift knows" : null);
  const expected = needs.os?.value ?? null;
  const statement = {
    rule: "target.os" as const,
    path: needs.os?.path ?? PATHS.os,
    expected,
    actual,
    evidence: evidence(SOURCES.platform, [facts.os, known(facts.os)]),
  };
  if (expected === null) {
    return unknown(statement, `${silent(question)} which operating system the package is for${unreadNote(question)}`);
  }
  if (facts.os.state === "unreadable") {
    return unknown(statement, `The operating system could not be read: ${facts.os.why}`);
  }
  if (expected !== "LINUX") {
    return unknown(statement, `The job asks for "${expected}", which is not an operating system of the service's API`);
  }
  if (actual === expected) return match(statement, `The machine runs Linux, as ${asker(needs.os)}`);
  return drift("BLOCKING", statement, `The package needs Linux, but this machine's system is ${actual}`);
}

/** `target.arch`: what the userland can run, not what the kernel is. */
export function targetArch(question: Question): Finding {
  const { needs, facts } = question;
  const actual = known(facts.arch);
  const expected = needs.arch?.value ?? null;
  const machine = known(facts.unameMachine);
  const userland = known(facts.userland);
  const found = actual ?? (facts.arch.state === "absent" ? otherArch(machine, userland) : null);
  const statement = {
    rule: "target.arch" as const,
    path: needs.arch?.path ?? PATHS.arch,
    expected,
    actual: found,
    evidence: evidence(
      SOURCES.platform,
      [facts.arch, actual],
      [facts.unameMachine, machine],
      [facts.userland, userland && `${userland.bits}-bit ${userland.machine}`],
    ),
  };
  if (expected === null) {
    return unknown(statement, `${silent(question)} which architecture the package is for${unreadNote(question)}`);
  }
  if (facts.arch.state === "unreadable") {
    return unknown(statement, `The architecture is not known: ${facts.arch.why}`);
  }
  // A file's architecture is certain, whatever it is; a job's may be misspelt.
  if (needs.arch?.basis !== "MODEL" && expected !== "ARM64" && expected !== "X86_64") {
    return unknown(statement, `The job asks for "${expected}", which is not an architecture of the service's API`);
  }
  if (actual === expected) return match(statement, `The machine runs ${expected} programs, as ${asker(needs.arch)}`);
  return drift("BLOCKING", statement, `The package is for ${expected}, but this machine runs ${found} programs`);
}

/** `target.accelerator`: an NVIDIA GPU that is there and driven. */
export function targetAccelerator(question: Question): Finding {
  const { job, needs, facts } = question;
  const path = needs.accelerator?.path ?? PATHS.accelerator;
  if (needs.gpu === "NOT_NEEDED") {
    const because =
      job === null
        ? "The model's files hold no GPU code: it runs on the CPU"
        : "The job names no accelerator: its model runs on the CPU";
    return notApplicable("target.accelerator", path, because);
  }
  const actual = known(facts.accelerator);
  const gpus = gpusOf(facts);
  const statement = {
    rule: "target.accelerator" as const,
    path,
    expected: needs.accelerator?.value ?? null,
    actual,
    evidence: evidence(SOURCES.platform, [facts.accelerator, actual], [facts.gpus, gpus && describeGpus(gpus)]),
  };
  if (needs.gpu === "UNKNOWN") {
    const because = `${silent(question)} whether the model needs a GPU that packdrift knows${unreadNote(question)}`;
    return unknown(statement, because);
  }
  if (facts.accelerator.state === "unreadable") {
    return unknown(statement, `Whether there is a usable NVIDIA GPU is not known: ${facts.accelerator.why}`);
  }
  if (actual === "NVIDIA") return match(statement, "There is an NVIDIA GPU, and its driver drives it");
  const because = `The model needs an NVIDIA GPU, but ${whyNoGpu(facts)}`;
  return drift("BLOCKING", { ...statement, actual: describeGpus(gpus ?? []) }, because);
}

/** What states the requirement, a phrase that follows "as". */
function asker(need: Need | null): string {
  return need?.basis === "MODEL" ? "the model's files need" : "the job asks";
}

/** Why no GPU can be used, a phrase that follows "but". */
function whyNoGpu(facts: DeviceFacts): string {
  if (facts.gpus.state === "unreadable") return `none is driven (${absence(facts.gpus)})`;
  const gpus = gpusOf(facts) ?? [];
  if (gpus.length === 0)
    return (
      (isWsl(facts) && "WSL2 passes none through (no /dev/dxg with a libcuda)") ||
      (isWsl1(facts) && "WSL 1 passes none through: only WSL2 does") ||
      "this machine has none"
    );
  const kept = gpus.find((gpu) => isKeptFromContainer(gpu, facts));
  if (kept) return `this container was not given the ${nameOf(kept)}, which its host drives`;
  const bound = gpus.find((gpu) => gpu.boundTo !== null);
  if (bound) return `the ${nameOf(bound)} is held by the driver ${bound.boundTo}, not by NVIDIA's`;
  const integrated = gpus.find((gpu) => gpu.integrated);
  if (integrated) return `NVIDIA's user space (L4T) is missing, without which the ${nameOf(integrated)} cannot be used`;
  return `NVIDIA's driver does not drive the ${nameOf(gpus[0])}`;
}

/** On WSL2 the GPU is the Windows host's. */
export function isWsl({ kernelRelease }: DeviceFacts): boolean {
  return /microsoft.*wsl2/i.test(known(kernelRelease) ?? "");
}

/** WSL 1 has Microsoft's kernel, which calls itself 4.4.0-19041-Microsoft, and no devices. */
export function isWsl1({ kernelRelease }: DeviceFacts): boolean {
  return /^4\.4\.0-\d+-microsoft$/i.test(known(kernelRelease) ?? "");
}

/** Whether the host's driver has the GPU and only its device nodes are missing in this container. */
export function isKeptFromContainer(gpu: Gpu, { container, driver, l4t }: DeviceFacts): boolean {
  if (known(container) !== true || gpu.usable || gpu.boundTo !== null) return false;
  return known(gpu.integrated ? l4t : driver) !== null;
}

/** The name of a GPU for people. */
export function nameOf(gpu: Gpu | undefined): string {
  if (gpu?.integrated) return gpu.chip === null ? "Jetson GPU" : `Jetson GPU ${gpu.chip}`;
  return gpu?.name ?? gpu?.chip ?? gpu?.pciId ?? "GPU";
}

function describeGpus(gpus: readonly Gpu[]): string {
  if (gpus.length === 0) return "none";
  return gpus
    .map((gpu) => `${nameOf(gpu)}${gpu.usable ? "" : ` (not usable${gpu.boundTo ? `, held by ${gpu.boundTo}` : ""})`}`)
    .join(", ");
}

function otherArch(
  machine: string | null,
  userland: { readonly bits: number; readonly machine: string } | null,
): string {
  if (userland) return `${userland.bits}-bit ${userland.machine}`;
  return machine ?? "other";
}
