import { compareStated, compareVersions, parseVersion, type Version } from "../base/version.js";
import type { Library } from "../device/facts.js";
import { type Available, availableVersions, type Judgement, judgeMissing } from "./library-judgement.js";

/**
 * The beginning of the documented range 7.1.3 <= v < 8.0.0 (developer guide, device requirements); it ends with the
 * major.
 */
const RANGE_FROM: Version = [7, 1, 3];

/** The input of a judgement about TensorRT, apart from the library. */
interface TensorrtNeed {
  /** The package was made for any one of these. */
  readonly wanted: readonly string[];
  /** Whether the whole range 7.1.3 <= v < 8.0.0 is documented for 7.1.3: on x86 below compute capability 8.0. */
  readonly ranged: boolean;
}

/**
 * The major must match, because the model is linked to `libnvinfer.so.<major>`; within one major the loader's choice
 * counts. Another minor or patch is a warning. Parts that the job leaves out are not compared.
 */
export function judgeTensorrt(need: TensorrtNeed, library: Library): Judgement {
  const wanted = need.wanted.map(parseVersion);
  const named = need.wanted.join(" or ");
  if (wanted.some((version) => version === null) || wanted.length === 0) {
    return {
      grade: "UNKNOWN",
      actual: library.version,
      because: `"${named}" is not a TensorRT version of the form 8.2.1`,
    };
  }
  const known = wanted as readonly Version[];
  const available = availableVersions(library);
  let best: Judgement | null = null;
  for (const version of known) {
    const judged = judgeOne(version, named, need.ranged, available);
    if (judged !== null && (best === null || RANK[judged.grade] < RANK[best.grade])) best = judged;
  }
  if (best !== null) return best;
  const majors = [...new Set(known.map((version) => `libnvinfer.so.${version[0]}`))].join(" or ");
  const sentence = `The model needs TensorRT ${named}`;
  const serves = (version: Version) => known.some((one) => one[0] === version[0]);
  const otherwise = ` and is linked to ${majors}, but this machine has ${library.version}`;
  return judgeMissing(library, { name: "TensorRT", sentence, serves }, otherwise);
}

const RANK = { MATCH: 0, UNKNOWN: 1, WARNING: 2, BLOCKING: 3 } as const;

/** Null if there is no version of the wanted major. */
function judgeOne(wanted: Version, named: string, ranged: boolean, available: readonly Available[]): Judgement | null {
  const loaded = available.find((one) => one.version[0] === wanted[0]);
  if (loaded === undefined) return null;
  const actual = loaded.text;
  if (!loaded.certain) {
    const because = `The model needs TensorRT ${named}, and ${actual} is installed, but whether the loader finds it is not known`;
    return { grade: "UNKNOWN", actual, because };
  }
  const stated = compareStated(wanted, loaded.version);
  if (stated === "SAME")
    return { grade: "MATCH", actual, because: `TensorRT ${actual} is what the model was packaged for` };
  if (ranged && isRangeStart(wanted) && compareVersions(loaded.version, RANGE_FROM) >= 0) {
    const because = `The model was packaged for TensorRT ${named}, and ${actual} lies in the documented range from 7.1.3 to below 8.0.0`;
    return { grade: "MATCH", actual, because };
  }
  if (stated === "UNKNOWN") {
    return {
      grade: "UNKNOWN",
      actual,
      because: `The model needs TensorRT ${named}, and of this machine's only ${actual} could be read`,
    };
  }
  const because = `The model was packaged for TensorRT ${named} and this machine has ${actual}: the same major, but not tested`;
  return { grade: "WARNING", actual, because };
}

function isRangeStart(wanted: Version): boolean {
  return compareVersions(wanted.slice(0, 3), RANGE_FROM) === 0;
}
