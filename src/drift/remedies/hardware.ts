import { compareVersionTexts } from "../../base/version.js";
import type { Gpu } from "../../device/facts.js";
import { known } from "../../device/facts.js";
import { minimumDriver } from "../../device/tables/cuda-drivers.js";
import { TEGRA_SOCS } from "../../device/tables/tegra-socs.js";
import type { Finding, RuleId } from "../finding.js";
import { fits, gpusOf, type ModelCode } from "../gpu-codes.js";
import type { Question } from "../make-finding.js";
import { isKeptFromContainer, isWsl, isWsl1, nameOf } from "../rules/target.js";
import { change, neoBuild, nothing, type Remedy } from "./remedy.js";

/** Fixes if the machine itself does not match: a driver to load, a card to add, or none at all. */
export function hardwareRemedies(finding: Finding, question: Question): readonly Remedy[] {
  switch (finding.rule) {
    case "target.os":
      return [nothing("the package runs only on Linux")];
    case "target.arch":
      return archRemedies(question);
    case "target.device":
      return [
        nothing("the model needs the chip of a Jetson AGX Xavier (Tegra194), which is a different board"),
        neo(question),
      ];
    case "compiler.mcpu":
    case "compiler.mattr":
      return cpuRemedies(finding.rule, question);
    default:
      return gpuRemedies(finding, question);
  }
}

function archRemedies({ needs, facts }: Question): Remedy[] {
  const machine = known(facts.unameMachine);
  const userland = known(facts.userland);
  const kernel = machine === "aarch64" ? "ARM64" : machine === "x86_64" ? "X86_64" : null;
  if (userland?.bits === 32 && kernel === needs.arch?.value) {
    return [change("A 64-bit system on this machine: its processor and kernel are already 64-bit", ["target.arch"])];
  }
  return [nothing(`the package is for ${needs.arch?.value} processors`), neoBuild("this machine's processor")];
}

function cpuRemedies(rule: RuleId, { facts }: Question): Remedy[] {
  const none = [nothing("a processor cannot be given features that it lacks"), neoBuild("this machine's processor")];
  if (!known(facts.cpu)?.features.includes("hypervisor")) return none;
  return [
    change(
      "Passing the host's processor features through to this virtual machine (such as host-passthrough), if the host has them",
      [rule],
    ),
    ...none,
  ];
}

function gpuRemedies(finding: Finding, question: Question): Remedy[] {
  const { needs, facts } = question;
  const gpus = gpusOf(facts) ?? [];
  const { codes } = needs;
  // Only a GPU that would run the code is worth installing a driver for.
  const idle = gpus.find(
    (gpu) => !gpu.usable && (codes.length === 0 || codes.some((code) => fits(code, gpu) !== "NO")),
  );
  if (idle) return [wakeRemedy(idle, finding.rule, question)];
  if (gpus.length === 0 && isWsl(facts)) {
    const inContainer = known(facts.container) === true;
    const text = inContainer
      ? "Starting this container with the host's GPU (--gpus all)"
      : "Installing NVIDIA's driver on the Windows host, and nothing of it in WSL2";
    return [change(text, ["target.accelerator", "compiler.gpu-code"])];
  }
  if (gpus.length === 0 && isWsl1(facts)) {
    const text = "Converting this distribution to WSL2 (wsl --set-version), on a Windows host with NVIDIA's driver";
    return [change(text, ["target.accelerator", "compiler.gpu-code"])];
  }
  const forCards = codes.filter((code) => code.kind === "PTX" || !code.tegra);
  if (forCards.length > 0 && known(facts.jetson) === null && known(facts.arch) === needs.arch?.value) {
    const text = `Adding an NVIDIA card of compute capability ${forCards.map(rangeOf).join(", or ")}`;
    return [
      change(text, ["target.accelerator", "compiler.gpu-code"], ["leaves what is there as it is"]),
      neo(question),
    ];
  }
  return [nothing(whyStuck(codes, gpus)), neo(question)];
}

function wakeRemedy(gpu: Gpu, rule: RuleId, { needs, facts }: Question): Remedy {
  if (isKeptFromContainer(gpu, facts)) {
    return change("Starting this container with the NVIDIA runtime (--gpus or runtime: nvidia)", [rule]);
  }
  const least = minimumDriver(needs.cudaVer?.value ?? "")?.driver;
  const driver = least === undefined ? "NVIDIA's driver" : `NVIDIA's driver, ${least} or later,`;
  if (gpu.integrated && gpusOf(facts)?.some((other) => other.usable && !other.integrated)) {
    const text = "Switching this machine from its card to the integrated GPU (on IGX and Clara AGX: nvgpuswitch.py)";
    return change(text, [rule], ["makes the card unavailable to CUDA"]);
  }
  if (gpu.integrated)
    return change("Installing L4T's NVIDIA user space (package nvidia-l4t-core and its companions)", [rule]);
  if (gpu.boundTo === "vfio-pci") {
    return change(
      `Giving the ${nameOf(gpu)} back from vfio-pci to ${driver} on this host`,
      [rule],
      ["takes it from the virtual machine that has it"],
    );
  }
  const userSpace = known(facts.libcuda)?.version ?? null;
  if (gpu.boundTo === null && userSpace !== null && isEnough(userSpace, least)) {
    const text = `Loading the module of NVIDIA's driver ${userSpace}, which is installed (dkms status tells whether it was built for this kernel; then modprobe nvidia)`;
    return change(text, [rule]);
  }
  const instead = gpu.boundTo === null ? "" : ` in place of ${gpu.boundTo}`;
  return change(`Installing ${driver}${instead} for the ${nameOf(gpu)}`, [rule]);
}

function isEnough(release: string, least: string | undefined): boolean {
  return least === undefined || compareVersionTexts(release, least) >= 0;
}

function whyStuck(codes: readonly ModelCode[], gpus: readonly Gpu[]): string {
  const [code] = codes;
  const soc = TEGRA_SOCS.find((row) => row.computeCapability === `${code?.major}.${code?.minor}`);
  if (soc && codes.length === 1 && code?.kind === "CUBIN")
    return `${code.text} code runs on a Jetson with ${soc.soc} alone`;
  if (gpus.some((gpu) => gpu.integrated)) return "a Jetson's GPU is part of its chip";
  return "it has no GPU that runs the model's code";
}

function rangeOf({ kind, major, minor, exact }: ModelCode): string {
  if (kind === "PTX" && !exact) return `${major}.${minor} or later`;
  return exact ? `${major}.${minor}` : `${major}.${minor} or a later ${major}.x`;
}

function neo({ facts }: Question): Remedy {
  const capability = gpusOf(facts)?.find((gpu) => gpu.usable)?.computeCapability;
  return neoBuild(capability ? `sm_${capability.replace(".", "")}` : "this machine");
}
