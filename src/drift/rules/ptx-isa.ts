import { compareVersions, compareVersionTexts, cutVersion, parseVersion } from "../../base/version.js";
import { type Gpu, known } from "../../device/facts.js";
import { toolkitDriver } from "../../device/tables/cuda-drivers.js";
import { jetpackRelease } from "../../device/tables/jetpack-releases.js";
import { PATHS } from "../../job/requirements.js";
import type { ModelStatement } from "../../model/model.js";
import { releaseOfIsa } from "../../model/ptx.js";
import { onBasis } from "../basis.js";
import type { Finding } from "../finding.js";
import { fittingCode, fittingGpu } from "../gpu-codes.js";
import { drift, evidence, match, type Question, type Statement, unknown } from "../make-finding.js";
import { requirementsOfModel, statedBy } from "../requirements-of-model.js";
import { SOURCES } from "../sources.js";

/**
 * Part of `compiler.driver`: the driver only translates PTX that was written by a toolkit no newer than its own CUDA.
 * Empty if the model has no PTX, or has a cubin for this GPU, which the driver takes instead. A job does not state
 * this, so for a job it is reported only if something is wrong.
 */
export function ptxFindings(question: Question): Finding[] {
  const { job, model, facts } = question;
  const isa = model?.ptxIsa ?? null;
  if (model === null || isa === null) return [];
  const { codes } = requirementsOfModel(model);
  const gpu = fittingGpu(codes, facts);
  if (gpu === null || fittingCode(codes, gpu)?.kind !== "PTX") return [];
  const found = onBasis(statedBy(PATHS.gpuCode, isa), ptxFinding(isa, gpu, question));
  return job !== null && found.outcome !== "DRIFT" ? [] : [found];
}

function ptxFinding(isa: ModelStatement, gpu: Gpu, question: Question): Finding {
  const release = releaseOfIsa(isa.value);
  const statement = statementOf(isa, release, question);
  if (release === null) return unknown(statement, `No table says which CUDA release PTX ${isa.value} came with`);
  return isPartOfL4t(gpu) ? onJetson(release, statement, question) : onCard(release, statement, question);
}

function statementOf(isa: ModelStatement, release: string | null, { facts }: Question): Statement {
  return {
    rule: "compiler.driver",
    path: PATHS.gpuCode,
    expected: release === null ? `PTX ${isa.value}` : `a driver that translates PTX ${isa.value} (CUDA ${release})`,
    actual: null,
    evidence: evidence(
      SOURCES.ptx,
      [facts.driver, known(facts.driver)],
      [facts.libcuda, known(facts.libcuda)?.version],
      [facts.l4t, known(facts.l4t)],
    ),
  };
}

/** Thor's GPU is a PCI device under NVIDIA's ordinary driver. */
function isPartOfL4t(gpu: Gpu): boolean {
  return gpu.integrated && gpu.pciId === null;
}

function onJetson(release: string, statement: Statement, { facts }: Question): Finding {
  const l4t = known(facts.l4t);
  const own = jetpackRelease(l4t ?? "")?.cuda ?? null;
  if (own === null || known(facts.libcuda)?.compat === true) {
    const why =
      own === null ? "its L4T release names no CUDA" : "its libcuda is that of NVIDIA's compatibility package";
    return unknown(statement, `Which PTX the driver of this Jetson translates is not known: ${why}`);
  }
  const cuda = cutVersion(own, 2);
  const compared = { ...statement, actual: `CUDA ${cuda} in L4T ${l4t}` };
  return answer(compareVersionTexts(cuda, release) >= 0, compared);
}

/**
 * The library that translates comes with libcuda, so the release of a compatibility package counts before the module's.
 */
function onCard(release: string, statement: Statement, { facts }: Question): Finding {
  const libcuda = known(facts.libcuda);
  const text = (libcuda?.loadable === false ? null : libcuda?.version) ?? known(facts.driver);
  const row = toolkitDriver(release);
  const [found, least] = [parseVersion(text), parseVersion(row?.driver ?? null)];
  if (found === null || least === null) {
    const why = least === null ? `no table has the driver of CUDA ${release}` : "its release could not be read";
    return unknown(statement, `Whether this machine's driver translates the model's PTX is not known: ${why}`);
  }
  return answer(compareVersions(found, least) >= 0, { ...statement, actual: `driver ${text}` });
}

function answer(isEnough: boolean, statement: Statement): Finding {
  const { expected, actual } = statement;
  if (isEnough) return match(statement, `The model's GPU code needs ${expected}, and this machine has ${actual}`);
  const because = `The model's GPU code needs ${expected}, but this machine has ${actual}, which refuses newer PTX, and the model holds no cubin for this GPU`;
  return drift("BLOCKING", statement, because);
}
