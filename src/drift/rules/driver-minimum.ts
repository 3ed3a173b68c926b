import { compareVersions, parseVersion } from "../../base/version.js";
import type { Gpu } from "../../device/facts.js";
import { known } from "../../device/facts.js";
import { minimumDriver } from "../../device/tables/cuda-drivers.js";
import { PATHS } from "../../job/requirements.js";
import { silent, unreadNote } from "../basis.js";
import type { Finding } from "../finding.js";
import { fittingGpu, gpusOf } from "../gpu-codes.js";
import { drift, evidence, match, notApplicable, type Question, unknown } from "../make-finding.js";
import { SOURCES } from "../sources.js";
import { compatibilityRelease } from "./cuda-driver.js";
import { l4tDriverFinding } from "./l4t-driver.js";
import { ptxFindings } from "./ptx-isa.js";

/**
 * `compiler.driver`: on cards, NVIDIA's driver must be new enough for the CUDA that the job requires; on any GPU, for
 * the PTX.
 */
export function compilerDriver(question: Question): Finding[] {
  return [minimumFinding(question), ...ptxFindings(question)];
}

function minimumFinding(question: Question): Finding {
  const { needs, facts, model } = question;
  const path = needs.cudaVer?.path ?? PATHS.cudaVer;
  const reason = whyNotApplicable(question);
  if (reason === PART_OF_L4T) {
    return (
      l4tDriverFinding(question, { rule: "compiler.driver", path }) ?? notApplicable("compiler.driver", path, reason)
    );
  }
  if (reason !== null) return notApplicable("compiler.driver", path, reason);
  const wanted = needs.cudaVer?.value ?? null;
  const row = wanted === null ? null : minimumDriver(wanted);
  const minimum = row?.driver ?? null;
  const actual = known(facts.driver);
  const statement = {
    rule: "compiler.driver" as const,
    path,
    expected: minimum === null ? null : `${minimum} or later`,
    actual,
    evidence: evidence(row?.document ?? SOURCES.driver, [facts.driver, actual]),
  };
  if (wanted === null) {
    const because =
      model === null
        ? "The description names no CUDA version, so the driver that it needs is not known"
        : `${silent(question)} which CUDA the model needs, so the driver that it needs is not known${unreadNote(question)}`;
    return unknown(statement, because);
  }
  if (facts.gpus.state === "unreadable") {
    return unknown(
      statement,
      `This machine's GPUs could not be read, so it is not known whether it needs a driver: ${facts.gpus.why}`,
    );
  }
  if (minimum === null) {
    return unknown(statement, `No table says which driver CUDA ${wanted} needs`);
  }
  if (facts.driver.state === "unreadable") {
    return unknown(
      statement,
      `CUDA ${wanted} needs driver ${minimum} or later, but this machine's could not be read: ${facts.driver.why}`,
    );
  }
  if (actual === null) {
    return drift(
      "BLOCKING",
      { ...statement, actual: "none" },
      `CUDA ${wanted} needs driver ${minimum} or later, but NVIDIA's driver is not loaded`,
    );
  }
  const [found, least] = [parseVersion(actual), parseVersion(minimum)];
  if (found === null || least === null) {
    return unknown(statement, `"${actual}" is not a driver version that can be compared with ${minimum}`);
  }
  const release = compatibilityRelease(question);
  const stand = parseVersion(release);
  if (compareVersions(found, least) < 0 && stand !== null && compareVersions(stand, least) >= 0) {
    const because = `CUDA ${wanted} needs driver ${minimum} or later; this machine has ${actual}, for which NVIDIA's compatibility package ${release} stands in`;
    return match(statement, because);
  }
  if (compareVersions(found, least) >= 0) {
    return match(statement, `Driver ${actual} is new enough for CUDA ${wanted}, which needs ${minimum}`);
  }
  return drift(
    "BLOCKING",
    statement,
    `CUDA ${wanted} needs driver ${minimum} or later, but this machine has ${actual}`,
  );
}

/** Whether the model runs on a Jetson's own GPU, whose driver comes with L4T. */
export function isDriverOfL4t(question: Question): boolean {
  return whyNotApplicable(question) === PART_OF_L4T;
}

function whyNotApplicable({ needs, facts }: Question): string | null {
  if (needs.gpu === "NOT_NEEDED") return "The model runs on the CPU, so it needs no GPU driver";
  const gpus = gpusOf(facts);
  if (gpus === null) return facts.jetson.state === "known" ? PART_OF_L4T : null;
  if (gpus.length === 0) return "There is no GPU that needs a driver";
  const fitting = fittingGpu(needs.codes, facts);
  const judged = fitting === null ? gpus : [fitting];
  if (judged.some(isCard)) return null;
  // Thor's GPU is a PCI device under NVIDIA's ordinary driver, which can be compared if its version is known.
  if (judged.some((gpu) => gpu.pciId !== null) && facts.driver.state === "known") return null;
  return PART_OF_L4T;
}

const PART_OF_L4T = "A Jetson's GPU driver is part of L4T and is not compared";

function isCard(gpu: Gpu): boolean {
  return !gpu.integrated;
}
