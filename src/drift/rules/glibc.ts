import { compareVersions, parseVersion } from "../../base/version.js";
import { type DeviceFacts, known, type Library, type Reading } from "../../device/facts.js";
import { PATHS } from "../../job/requirements.js";
import type { Finding } from "../finding.js";
import {
  absence,
  drift,
  evidence,
  match,
  notApplicable,
  type Question,
  type Statement,
  unknown,
} from "../make-finding.js";
import { SOURCES } from "../sources.js";

/** Ubuntu 18.04, the oldest system that AWS documents for packages (JetPack 4.4 and later, x86 guide). */
const DOCUMENTED = "2.27";

/**
 * `device.glibc`: the C library that the libraries here need, according to their files; otherwise the one of AWS's
 * documented system. A model for the CPU loads none of NVIDIA's libraries, but was itself compiled on that system:
 * model.libraries decides if its files can be read.
 */
export function deviceGlibc({ needs, facts, model }: Question): Finding {
  const onCpu = needs.gpu === "NOT_NEEDED";
  if (onCpu && model !== null) {
    return notApplicable("device.glibc", PATHS.target, "The model runs on the CPU, and its own files were read");
  }
  const found = known(facts.glibc);
  const needed = onCpu ? null : highestNeed(facts);
  const least = needed?.glibc ?? DOCUMENTED;
  const statement: Statement = {
    rule: "device.glibc",
    path: PATHS.target,
    expected: `glibc ${least} or later`,
    actual: found === null ? (facts.glibc.state === "absent" ? "no glibc" : null) : `glibc ${found}`,
    evidence: [
      ...(needed === null ? [] : [{ from: needed.from, value: `GLIBC_${needed.glibc}` }]),
      ...evidence(SOURCES.glibc, [facts.glibc, found]),
    ],
  };
  if (facts.glibc.state === "absent") {
    return drift(
      "BLOCKING",
      statement,
      `${onCpu ? "The packaged model is" : "NVIDIA's libraries are"} built for glibc, and this system has another C library (${facts.glibc.from})`,
    );
  }
  const [have, want] = [parseVersion(found), parseVersion(least)];
  if (have === null || want === null) {
    return unknown(statement, `This system's C library is not known (${absence(facts.glibc)})`, "INFO");
  }
  const enough = compareVersions(have, want) >= 0;
  if (needed !== null) {
    const because = `${needed.from} needs glibc ${needed.glibc}, and this system has ${found}`;
    return enough ? match(statement, because) : drift("BLOCKING", statement, `${because}, so it does not load`);
  }
  if (enough)
    return match(
      statement,
      `This system's glibc ${found} is not older than ${DOCUMENTED}, that of Ubuntu 18.04, which AWS documents`,
    );
  const why = onCpu
    ? "models that were compiled there do not load on an older one"
    : "NVIDIA's packages are built on; what the libraries here need could not be read";
  const because = `This system's glibc ${found} is older than ${DOCUMENTED}, that of Ubuntu 18.04, which AWS documents${onCpu ? ": " : " and "}${why}`;
  return drift("WARNING", statement, because);
}

/** The library in use that needs the newest glibc; null if no file's content shows it. */
function highestNeed(facts: DeviceFacts): { readonly from: string; readonly glibc: string } | null {
  const libcuda = known(facts.libcuda);
  const all = [
    ...[facts.cuda, facts.cudnn, facts.tensorrt].flatMap(inUse),
    ...(libcuda?.glibc === undefined || libcuda.loadable === false
      ? []
      : [{ from: libcuda.path, glibc: libcuda.glibc }]),
  ];
  const numbers = (text: string) => parseVersion(text) ?? [];
  return all.sort((a, b) => compareVersions(numbers(b.glibc), numbers(a.glibc)))[0] ?? null;
}

function inUse(reading: Reading<Library>): { readonly from: string; readonly glibc: string }[] {
  const library = known(reading);
  return (library?.installed ?? []).flatMap(({ from, glibc, loadable, version }) =>
    glibc === undefined || loadable === false || !version.startsWith(library?.version ?? "") ? [] : [{ from, glibc }],
  );
}
