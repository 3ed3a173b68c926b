import { compareVersions, parseVersion } from "../../base/version.js";
import { type DeviceFacts, type Gpu, known, type Libcuda } from "../../device/facts.js";
import {
  type CompatibilityPackage,
  compatibilityPackage,
  SOURCE as PACKAGES,
} from "../../device/tables/cuda-compat.js";
import { SOURCES as COMPATIBILITY_SOURCES, forwardCompatibility } from "../../device/tables/datacenter-gpus.js";
import { PATHS } from "../../job/requirements.js";
import type { Finding } from "../finding.js";
import { fittingGpu, gpusOf } from "../gpu-codes.js";
import { drift, evidence, match, notApplicable, type Question, type Statement, unknown } from "../make-finding.js";
import { SOURCES } from "../sources.js";
import { isWsl, nameOf } from "./target.js";

/** What is wrong with the user-space driver; null if nothing is. */
type DriverFault =
  /** The loader finds no libcuda at all. */
  | "MISSING"
  /** There is one where the loader does not look. */
  | "NOT_FOUND"
  /** The toolkit's stub, which is there to link programs and only answers error 34. */
  | "STUB"
  /** Its release differs from the kernel module's. */
  | "MISMATCH"
  /** NVIDIA's compatibility package, older than the module. */
  | "COMPATIBILITY_OLDER"
  /** The compatibility package, on a module too old for it. */
  | "COMPATIBILITY_BASE"
  /** The compatibility package, on a GPU that does not support it. */
  | "COMPATIBILITY_GPU";

/** The folder of the host's driver in Google's containers. */
const BY_ENVIRONMENT = /^\/usr\/(?:local\/nvidia|lib64-nvidia)\//;

/**
 * `device.cuda-driver`: CUDA programs load libcuda, which must be there, match the module's release, and be supported
 * on this GPU.
 */
export function deviceCudaDriver(question: Question): Finding {
  const { needs, facts } = question;
  if (needs.gpu === "NOT_NEEDED") {
    return notApplicable("device.cuda-driver", PATHS.target, "The model runs on the CPU, so it loads no libcuda");
  }
  const gpus = gpusOf(facts);
  if (gpus !== null && !gpus.some((gpu) => gpu.usable)) {
    return notApplicable("device.cuda-driver", PATHS.target, "There is no usable GPU whose driver could be loaded");
  }
  const { libcuda } = facts;
  const found = known(libcuda);
  const statement: Statement = {
    rule: "device.cuda-driver",
    path: PATHS.target,
    expected: "libcuda.so.1 of the loaded driver",
    actual: found === null ? (libcuda.state === "absent" ? "none" : null) : describe(found),
    evidence: evidence(SOURCES.libcuda, [libcuda, found && describe(found)], [facts.driver, known(facts.driver)]),
  };
  if (libcuda.state === "unreadable") {
    const because = `Whether the loader finds a libcuda that fits the driver is not known: ${libcuda.why}`;
    return unknown(statement, because, "INFO");
  }
  const fault = driverFault(question);
  if (fault !== null) return drift("BLOCKING", sourced(statement, fault), whyNot(fault, question));
  if (found === null) return unknown(statement, "Whether there is a libcuda is not known", "INFO");
  if (found.loadable === null && BY_ENVIRONMENT.test(found.path)) {
    const because = `libcuda.so.1 lies at ${found.path}, which the loader finds only through LD_LIBRARY_PATH, and whether the model runs with that setting is not known`;
    return unknown(statement, because);
  }
  return fits(statement, found, question);
}

/** The fault that was seen; null where none was. */
export function driverFault({ facts, needs }: Pick<Question, "facts" | "needs">): DriverFault | null {
  const { libcuda } = facts;
  if (libcuda.state === "absent") return "MISSING";
  const found = known(libcuda);
  if (found === null) return null;
  if (found.loadable === false) return "NOT_FOUND";
  if (isStub(found)) return "STUB";
  const order = againstModule(found, facts);
  if (order === null || order === 0 || !runsOnCard(facts, needs)) return null;
  if (!found.compat) return "MISMATCH";
  if (order < 0) return "COMPATIBILITY_OLDER";
  if (allowsCompatibility(cardOf(facts, needs)) === false) return "COMPATIBILITY_GPU";
  return missesBase(facts) === null ? null : "COMPATIBILITY_BASE";
}

/** The compatibility package in use, if the loaded module is older than any that it runs on; otherwise null. */
export function missesBase(facts: DeviceFacts): CompatibilityPackage | null {
  const row = compatibilityPackage(known(facts.libcuda)?.version ?? "");
  const module = parseVersion(known(facts.driver));
  return row !== null && module !== null && compareVersions(module, [row.base]) < 0 ? row : null;
}

/** The driver release that the compatibility package replaces; null if it is not in use or not supported. */
export function compatibilityRelease(question: Pick<Question, "facts" | "needs">): string | null {
  const found = known(question.facts.libcuda);
  if (found === null || !found.compat || found.loadable === false || driverFault(question) !== null) return null;
  return allowsCompatibility(cardOf(question.facts, question.needs)) === true ? found.version : null;
}

function fits(statement: Statement, found: Libcuda, { facts, needs }: Question): Finding {
  const driver = known(facts.driver);
  if (!runsOnCard(facts, needs)) {
    return match(statement, `The loader finds ${found.path}, which is part of L4T`);
  }
  if (isWsl(facts) && found.version !== null) {
    const because = `The loader finds libcuda ${found.version} of a Linux driver (${found.path}), and on WSL2 only the one in /usr/lib/wsl/lib reaches the Windows host's GPU: NVIDIA's Linux driver does not belong there`;
    return unknown(statement, because);
  }
  if (driver === null || found.version === null) {
    const why = facts.driver.state === "unreadable" ? facts.driver.why : "one of them does not tell its release";
    return unknown(statement, `Whether libcuda and the kernel module are of one release is not known: ${why}`, "INFO");
  }
  if (!found.compat || againstModule(found, facts) === 0) {
    return match(statement, `The loader finds libcuda ${found.version}, the release of the loaded kernel module`);
  }
  const card = nameOf(cardOf(facts, needs));
  if (allowsCompatibility(cardOf(facts, needs)) === null) {
    const because = `The loader finds libcuda ${found.version} of NVIDIA's compatibility package, and whether the ${card} allows that is not known`;
    return unknown(statement, because, "WARNING");
  }
  const because = `The loader finds libcuda ${found.version} of NVIDIA's compatibility package, which the ${card}, a data-center GPU, allows beside driver ${driver}`;
  return match(
    {
      ...statement,
      evidence: [...statement.evidence, { from: "rule", value: COMPATIBILITY_SOURCES.compatibility ?? "" }],
    },
    because,
  );
}

/** Adds the table of base drivers if the answer relies on it. */
function sourced(statement: Statement, fault: DriverFault): Statement {
  if (fault !== "COMPATIBILITY_BASE") return statement;
  return { ...statement, evidence: [...statement.evidence, { from: "rule", value: PACKAGES }] };
}

function whyNot(fault: DriverFault, { facts, needs }: Question): string {
  const found = known(facts.libcuda);
  const driver = known(facts.driver);
  switch (fault) {
    case "MISSING": {
      const seen = (facts.libcuda.seen ?? []).slice(0, 2).map(({ from, value }) => `${from}: ${value}`);
      const more = seen.length === 0 ? "" : ` (${seen.join("; ")})`;
      const module = driver === null ? "" : `, although kernel module ${driver} is loaded`;
      return `CUDA programs load libcuda.so.1, and the loader finds none${module}${more}`;
    }
    case "NOT_FOUND":
      return `CUDA programs load libcuda.so.1, which lies at ${found?.path}, but the loader does not find it there`;
    case "STUB":
      return `The loader finds the stub of the CUDA toolkit (${found?.path}) as libcuda.so.1: programs are linked with it, but it drives no GPU (error 34)`;
    case "MISMATCH":
      return `The loader finds libcuda ${found?.version}, but kernel module ${driver} is loaded, so every CUDA program fails (error 803) until a reboot or a reload of the module`;
    case "COMPATIBILITY_OLDER":
      return `${given(found)}, which is older than kernel module ${driver} and fails beside it (error 803), although driver ${driver} has a libcuda of its own`;
    case "COMPATIBILITY_GPU":
      return `${given(found)}, which fails on the ${nameOf(cardOf(facts, needs))} (error 804): only data-center GPUs allow it, although driver ${driver} has a libcuda of its own`;
    case "COMPATIBILITY_BASE": {
      const row = missesBase(facts);
      return `${given(found)} for CUDA ${row?.cuda}, which needs a kernel module of release ${row?.base} or later, but ${driver} is loaded`;
    }
  }
}

function given(found: Libcuda | null): string {
  return `The loader finds libcuda ${found?.version} of NVIDIA's compatibility package (${found?.path})`;
}

function describe({ version, path, compat }: Libcuda): string {
  return `${version ?? "libcuda"} at ${path}${compat ? " (compatibility package)" : ""}`;
}

/** Toolkits put it in lib64/stubs and targets/<target>/lib/stubs. */
function isStub({ path }: Libcuda): boolean {
  return path.includes("/stubs/");
}

/** Below zero when libcuda is older than the kernel module; null where one of them is unknown. */
function againstModule(found: Libcuda | null, facts: DeviceFacts): number | null {
  const [user, module] = [parseVersion(found?.version ?? null), parseVersion(known(facts.driver))];
  return user === null || module === null ? null : compareVersions(user, module);
}

/** On a Jetson, the module in /proc drives only the display; Thor's drives its GPU, which is on the PCI bus. */
function runsOnCard(facts: DeviceFacts, needs: Question["needs"]): boolean {
  const card = cardOf(facts, needs);
  return card === undefined ? known(facts.jetson) === null : !card.integrated || card.pciId !== null;
}

function cardOf(facts: DeviceFacts, needs: Question["needs"]): Gpu | undefined {
  return fittingGpu(needs.codes, facts) ?? gpusOf(facts)?.find((gpu) => gpu.usable);
}

function allowsCompatibility(gpu: Gpu | undefined): boolean | null {
  return forwardCompatibility(gpu?.name ?? null)?.allowed ?? null;
}
