import { folderOf } from "../../base/paths.js";
import { compareStated, compareVersions, compareVersionTexts, cutVersion, parseVersion } from "../../base/version.js";
import { known } from "../../device/facts.js";
import { minimumDriver, toolkitDriver } from "../../device/tables/cuda-drivers.js";
import { jetpackMajor } from "../../device/tables/jetpack-releases.js";
import { releaseOfIsa } from "../../model/ptx.js";
import type { Finding, RuleId } from "../finding.js";
import { hiddenFile, libraryReading } from "../library-judgement.js";
import type { Question } from "../make-finding.js";
import { labelOf, type Needs, needsOf, type Subject } from "../needs.js";
import { fitOf, isTested, type JetPackState, jetpackStates, type Software, softwareOf } from "../software-fit.js";
import { change, list, neoBuild, nothing, type Remedy } from "./remedy.js";

/** Ways to get CUDA and TensorRT that the job can use: by JetPack on a Jetson, by installation elsewhere. */
export function softwareRemedies(
  finding: Finding,
  question: Question,
  others: readonly Subject[],
  stuck: boolean,
): readonly Remedy[] {
  if (stuck) return [STUCK];
  const hidden = hiddenRemedy(finding, question);
  const jetson = known(question.facts.jetson);
  if (jetson === null && !isMounted(question)) return hidden.length > 0 ? hidden : [installation(finding, question)];
  const isMissing = known(libraryReading(question.facts, key(finding))) === null;
  if (jetson === null || jetson.soc === null || (isMissing && isMounted(question)))
    return [...hidden, mounted(finding, question)];
  const found = jetpackRemedies(question, others, jetson.soc, jetson.l4t);
  const remedies = [...hidden, ...found];
  if (remedies.length > 0) return remedies;
  return [
    nothing(`no JetPack for this Jetson brings ${neededSoftware(question.needs)}`),
    neoBuild("this machine's JetPack"),
  ];
}

function key(finding: Finding): "cuda" | "tensorrt" {
  return finding.rule === "compiler.cuda-ver" ? "cuda" : "tensorrt";
}

/**
 * On JetPack 4, the NVIDIA runtime mounts the host's CUDA and TensorRT into containers, whose images have empty files
 * there.
 */
function isMounted({ facts }: Question): boolean {
  if (known(facts.container) !== true) return false;
  if (jetpackMajor(known(facts.l4t) ?? "") === 4) return true;
  // Without the runtime, the board cannot be detected from inside, so the empty files decide.
  const isEmpty = [facts.cuda, facts.tensorrt].some(({ seen }) => seen?.some(({ value }) => value.includes("0 bytes")));
  return known(facts.arch) === "ARM64" && isEmpty;
}

function mounted(finding: Finding, question: Question): Remedy {
  if (!isMounted(question)) return installation(finding, question);
  const cuda = finding.rule === "compiler.cuda-ver";
  const { needs } = question;
  const name = cuda ? `CUDA ${needs.cudaVer?.value}` : `TensorRT ${needs.trtVer?.value.join(" or ")}`;
  const text = `Installing ${name} on the host (package nvidia-jetpack) and starting this container with the NVIDIA runtime, which mounts it`;
  return change(text, [finding.rule]);
}

/** The oldest driver that serves every job on the device; newer drivers run older CUDA. */
export function driverRemedies(
  { needs, facts }: Question,
  others: readonly Subject[],
  stuck: boolean,
): readonly Remedy[] {
  if (stuck) return [STUCK];
  const all = [needs, ...others.map(needsOf)].filter((one) => one.gpu === "NEEDED");
  const least = all
    .flatMap((one) => minimumDriver(one.cudaVer?.value ?? "")?.driver ?? [])
    .sort((a, b) => compareVersionTexts(b, a))[0];
  if (least === undefined) return [];
  const where = known(facts.container) === true ? " on the host of this container" : "";
  const effects = ["keeps CUDA and TensorRT", "is enough for every job on this device"];
  return [change(`NVIDIA driver ${least} or later${where}`, ["compiler.driver"], effects)];
}

/** A driver that translates the model's PTX; on a Jetson it comes with a JetPack, if there is one. */
export function ptxRemedy({ model, needs, facts }: Question): Remedy {
  const release = releaseOfIsa(model?.ptxIsa?.value ?? "") ?? "";
  const jetson = known(facts.jetson);
  if (jetson !== null) {
    const newer = jetpackStates(jetson.soc ?? "", jetson.l4t).filter(
      ({ cuda }) => compareVersionTexts(cutVersion(cuda.version, 2), release) >= 0,
    );
    // Its TensorRT comes with it, so anything else that the model needs must not be lost.
    const state = newer.find((one) => fitOf({ ...needs, cudaVer: null }, one).runs);
    if (state === undefined) {
      const why = newer.length === 0 ? "" : `, and with it ${neededSoftware({ ...needs, cudaVer: null })}`;
      return nothing(`no JetPack for this Jetson brings the driver of CUDA ${release}${why}`);
    }
    return change(
      `JetPack ${state.jetpack} (L4T ${state.release.l4t})`,
      ["compiler.driver"],
      [`brings the driver of CUDA ${cutVersion(state.cuda.version, 2)}`],
    );
  }
  const where = known(facts.container) === true ? " on the host of this container" : "";
  return change(
    `NVIDIA driver ${toolkitDriver(release)?.driver} or later${where}`,
    ["compiler.driver"],
    ["keeps CUDA and TensorRT"],
  );
}

const STUCK = nothing("other libraries and drivers help only once its hardware fits the job");

function jetpackRemedies(
  { needs, facts }: Question,
  others: readonly Subject[],
  soc: string,
  l4t: string | null,
): Remedy[] {
  const now = softwareOf(facts);
  const othersNow = others
    .map((other) => ({ name: nameOf(other), needs: needsOf(other) }))
    .filter((one) => fitOf(one.needs, now).runs);
  const warnings = (state: JetPackState) => fitOf(needs, state).warnings + (isTested(state.jetpack) ? 0 : 1);
  const suitable = jetpackStates(soc, l4t).filter((state) => fitOf(needs, state).runs);
  // The nearest states come first; an untested one is offered only if no tested one works, or if that one harms another
  // job.
  const least = Math.min(...suitable.map(warnings));
  const best = suitable.filter((state) => warnings(state) === least);
  const harmless = (state: JetPackState) => othersNow.every((other) => fitOf(other.needs, state).runs);
  const spare = best.some(harmless) ? [] : suitable.filter(harmless).slice(0, 1);
  return [...best, ...spare].map((state) => {
    const here = state.release.l4t === l4t;
    const text = here
      ? `The libraries of JetPack ${state.jetpack} (package nvidia-jetpack), which are not installed here:`
      : `JetPack ${state.jetpack} (L4T ${state.release.l4t})`;
    return {
      change: text,
      effects: jetpackEffects(now, state),
      satisfies: satisfied(needs, now),
      breaks: othersNow.flatMap((other) => {
        const fit = fitOf(other.needs, state);
        return fit.blockedBy === null ? [] : [{ ...other.name, because: fit.blockedBy.replace("needs", "wants") }];
      }),
    };
  });
}

function nameOf(subject: Subject): Pick<Remedy["breaks"][number], "job" | "isModel"> {
  return { job: labelOf(subject), ...(subject.job === null ? { isModel: true } : {}) };
}

function jetpackEffects(now: Software, state: JetPackState): string[] {
  const brings: string[] = [];
  const keeps: string[] = [];
  for (const [name, key, parts] of [
    ["TensorRT", "tensorrt", 3],
    ["CUDA", "cuda", 2],
  ] as const) {
    const after = cutVersion(state[key].version, parts);
    const before = cutVersion(now[key]?.version ?? "", parts);
    (after === before ? keeps : brings).push(`${name} ${after}`);
  }
  const effects: string[] = [];
  if (brings.length > 0) effects.push(`brings ${list(brings)}`);
  if (keeps.length > 0) effects.push(`keeps ${list(keeps)}`);
  if (!isTested(state.jetpack)) effects.push("is not one that AWS names");
  return effects;
}

/** The library rules that block now and would not afterwards. */
function satisfied(needs: Needs, now: Software): RuleId[] {
  const cuda = fitOf({ ...needs, trtVer: null }, now).runs;
  const tensorrt = fitOf({ ...needs, cudaVer: null }, now).runs;
  return [...(cuda ? [] : ["compiler.cuda-ver" as const]), ...(tensorrt ? [] : ["compiler.trt-ver" as const])];
}

/** Except on a Jetson, several versions can be installed together, so an installation breaks no other job. */
function installation(finding: Finding, { needs, facts }: Question): Remedy {
  const cuda = finding.rule === "compiler.cuda-ver";
  const name = cuda ? "CUDA" : "TensorRT";
  const version = cuda ? needs.cudaVer?.value : needs.trtVer?.value[0];
  const present = known(libraryReading(facts, cuda ? "cuda" : "tensorrt"))?.version;
  const where = known(facts.container) === true ? " in this container's image" : "";
  const effects = [
    present === undefined ? `brings ${name} ${version}` : `brings ${name} ${version} and keeps ${name} ${present}`,
  ];
  const driver = cuda ? driverNeeded(needs, known(facts.driver)) : null;
  if (driver !== null) effects.push(`needs driver ${driver} or later first`);
  const addition = present === undefined ? "" : " beside the one that is there";
  return change(`Installing the ${name} ${version} runtime${where}${addition}`, [finding.rule], effects);
}

function driverNeeded(needs: Needs, driver: string | null): string | null {
  const least = minimumDriver(needs.cudaVer?.value ?? "")?.driver ?? null;
  const [wanted, found] = [parseVersion(least), parseVersion(driver)];
  if (wanted === null) return null;
  return found !== null && compareVersions(found, wanted) >= 0 ? null : least;
}

function hiddenRemedy(finding: Finding, { needs, facts }: Question): Remedy[] {
  const cuda = finding.rule === "compiler.cuda-ver";
  const wanted = (cuda ? [needs.cudaVer?.value] : (needs.trtVer?.value ?? [])).flatMap((text) => {
    const version = parseVersion(text ?? null);
    return version === null ? [] : [cuda ? version.slice(0, 2) : version.slice(0, 1)];
  });
  const installed = known(libraryReading(facts, cuda ? "cuda" : "tensorrt"));
  const file =
    installed && hiddenFile(installed, (version) => wanted.some((one) => compareStated(one, version) === "SAME"));
  if (!file) return [];
  const folder = folderOf(file.from);
  const text = `Letting the loader find ${cuda ? "CUDA" : "TensorRT"} ${file.version} in ${folder} (a line in /etc/ld.so.conf.d, then ldconfig)`;
  return [change(text, [finding.rule], ["changes no installed version"])];
}

function neededSoftware(needs: Needs): string {
  const names = [
    needs.cudaVer ? `CUDA ${needs.cudaVer.value}` : "",
    needs.trtVer ? `TensorRT ${needs.trtVer.value.join(" or ")}` : "",
  ];
  return list(names.filter((name) => name !== ""));
}
