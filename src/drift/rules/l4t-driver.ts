import { compareVersions, parseVersion, type Version, versionText } from "../../base/version.js";
import { type DeviceFacts, known } from "../../device/facts.js";
import { jetpackRelease } from "../../device/tables/jetpack-releases.js";
import { CUDA_MINORS_SINCE } from "../../model/loaded-names.js";
import { judgeCuda } from "../cuda-versions.js";
import type { Finding } from "../finding.js";
import { drift, evidence, type Question, type Statement, unknown } from "../make-finding.js";
import { SOURCES } from "../sources.js";

/** The last CUDA of L4T releases with a 4.x kernel; later releases do not run on one. */
const LAST_ON_KERNEL_4: Version = [10, 2];

/**
 * On a Jetson, the driver is part of L4T and comes with one CUDA release. A toolkit or a container can bring a newer
 * one, which that driver does not run unless NVIDIA's compatibility package replaces it. Null if the driver runs it.
 */
export function l4tDriverFinding(question: Question, statement: Pick<Statement, "rule" | "path">): Finding | null {
  const { needs, facts } = question;
  const wanted = parseVersion(needs.cudaVer?.value ?? null)?.slice(0, 2);
  const driver = cudaOfL4t(facts);
  if (!hasToolkit(question)) return null;
  if (wanted === undefined || driver === null || runsCuda(driver.cuda, wanted)) return null;
  const found = known(facts.libcuda);
  if (found?.compat === true && found.loadable !== false) return null;
  const needed = versionText(wanted, 2);
  const full: Statement = {
    ...statement,
    expected: `an L4T driver for CUDA ${needed}`,
    actual: `CUDA ${versionText(driver.cuda, 2)} (${driver.name})`,
    evidence: evidence(
      SOURCES.l4tDriver,
      [facts.l4t, known(facts.l4t)],
      [facts.kernelRelease, known(facts.kernelRelease)],
    ),
  };
  const because = `The model needs CUDA ${needed}, and the driver of ${driver.name} runs CUDA up to ${versionText(driver.cuda, 2)}`;
  const compat = facts.libcuda.seen?.find(({ from }) => from.includes("/compat/"));
  if (compat !== undefined) {
    const note = `NVIDIA's compatibility package is there (${compat.from}), but whether the model loads it is not known`;
    return unknown(full, `${because}; ${note}`);
  }
  return drift("BLOCKING", full, `${because}, so CUDA calls it too old (error 35)`);
}

/** Without the CUDA that the model needs, the JetPack does not match anyway, and compiler.cuda-ver says so. */
function hasToolkit({ needs, facts }: Question): boolean {
  const library = known(facts.cuda);
  const wanted = needs.cudaVer?.value ?? null;
  return library !== null && wanted !== null && judgeCuda(wanted, library).grade !== "BLOCKING";
}

/** The CUDA release that the driver of this L4T came with; a container's L4T can be newer than the host's kernel. */
function cudaOfL4t({ l4t, kernelRelease }: DeviceFacts): { readonly cuda: Version; readonly name: string } | null {
  const release = known(l4t);
  const cuda = parseVersion((release === null ? null : jetpackRelease(release)?.cuda) ?? null)?.slice(0, 2);
  if (release === null || cuda === undefined) return null;
  const kernel = known(kernelRelease) ?? "";
  if (kernel.startsWith("4.") && compareVersions(cuda, LAST_ON_KERNEL_4) > 0) {
    return { cuda: LAST_ON_KERNEL_4, name: `the JetPack that kernel ${kernel} belongs to, not L4T ${release}` };
  }
  return { cuda, name: `L4T ${release}` };
}

/** Whether a driver that came with one CUDA release runs programs of another. */
export function runsCuda(driver: Version, wanted: Version): boolean {
  if (compareVersions(driver, wanted) >= 0) return true;
  return (wanted[0] ?? 0) >= CUDA_MINORS_SINCE && wanted[0] === driver[0];
}
