import { compareStated, parseVersion, type Version, versionText } from "../base/version.js";
import type { Library } from "../device/facts.js";
import { CUDA_MINORS_SINCE } from "../model/loaded-names.js";
import { type Available, availableVersions, type Judgement, judgeMissing } from "./library-judgement.js";

/**
 * Up to CUDA 10 the library's name has x.y, so exactly x.y must be there. From 11 on, the minor versions of a major are
 * interchangeable, which AWS did not test. Any version that the loader finds counts.
 */
export function judgeCuda(wantedText: string, library: Library): Judgement {
  const full = parseVersion(wantedText);
  if (full === null) {
    return {
      grade: "UNKNOWN",
      actual: library.version,
      because: `"${wantedText}" is not a CUDA version of the form 10.2`,
    };
  }
  const wanted = full.slice(0, 2);
  const available = availableVersions(library);
  const same = available.find((one) => one.certain && compareStated(wanted, one.version) === "SAME");
  if (same)
    return {
      grade: "MATCH",
      actual: same.text,
      because: `CUDA ${same.text} is installed, and the model needs ${versionText(wanted, 2)}`,
    };
  const maybe = available.find((one) => isPossible(wanted, one));
  if (maybe) return { grade: "UNKNOWN", actual: maybe.text, because: doubt(wanted, maybe) };
  const major = available.find((one) => one.certain && one.version[0] === wanted[0]);
  if (major && (wanted[0] ?? 0) >= CUDA_MINORS_SINCE) {
    return {
      grade: "WARNING",
      actual: major.text,
      because: `The model needs CUDA ${versionText(wanted, 2)} and this machine has ${major.text}, which stands in for it within the major but is not tested`,
    };
  }
  const maybeMajor = available.find((one) => !one.certain && one.version[0] === wanted[0]);
  if (maybeMajor && (wanted[0] ?? 0) >= CUDA_MINORS_SINCE) {
    return { grade: "UNKNOWN", actual: maybeMajor.text, because: doubt(wanted, maybeMajor) };
  }
  const sentence = `The model needs CUDA ${versionText(wanted, 2)}`;
  const serves = (version: Version) => compareStated(wanted, version) === "SAME";
  return judgeMissing(library, { name: "CUDA", sentence, serves }, `, but this machine has ${library.version}`);
}

function isPossible(wanted: Version, one: Available): boolean {
  const stated = compareStated(wanted, one.version);
  return stated === "UNKNOWN" || (!one.certain && stated === "SAME");
}

function doubt(wanted: Version, one: Available): string {
  const needed = `The model needs CUDA ${versionText(wanted, 2)}`;
  return one.certain
    ? `${needed}, and of this machine's CUDA only ${one.text} could be read`
    : `${needed}, and ${one.text} is installed, but whether the loader finds it is not known`;
}
