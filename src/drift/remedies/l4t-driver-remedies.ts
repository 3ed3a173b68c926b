import { parseVersion } from "../../base/version.js";
import { known } from "../../device/facts.js";
import {
  isPreview,
  JETPACK_RELEASES,
  type JetPackRelease,
  jetpackMajor,
} from "../../device/tables/jetpack-releases.js";
import type { Question } from "../make-finding.js";
import { runsCuda } from "../rules/l4t-driver.js";
import { change, nothing, type Remedy } from "./remedy.js";

const RULE = ["compiler.driver"] as const;
/** NVIDIA makes cuda-compat for Jetsons from here on. */
const COMPAT_SINCE_JETPACK = 5;

/** What gives a Jetson a driver for the model's CUDA: the JetPack, or from JetPack 5 on the compatibility package. */
export function l4tDriverRemedies({ needs, facts }: Question): readonly Remedy[] {
  const wanted = parseVersion(needs.cudaVer?.value ?? null)?.slice(0, 2);
  const soc = known(facts.jetson)?.soc ?? null;
  if (wanted === undefined) return [];
  const [major, minor] = wanted;
  const release = JETPACK_RELEASES.find(
    (row) =>
      soc !== null && row.socs.includes(soc) && isReleased(row) && runsCuda(parseVersion(row.cuda) ?? [], wanted),
  );
  const host = known(facts.container) === true ? " on the host of this container" : "";
  const l4t = known(facts.l4t);
  const hasCompat = host === "" && l4t !== null && (jetpackMajor(l4t) ?? 0) >= COMPAT_SINCE_JETPACK;
  const ways = [
    ...(release === undefined ? [] : [change(`JetPack ${release.jetpacks[0]} or later${host}`, RULE)]),
    ...(hasCompat && release !== undefined
      ? [change(`NVIDIA's compatibility package cuda-compat-${major}-${minor}, its folder known to the loader`, RULE)]
      : []),
  ];
  return ways.length > 0
    ? ways
    : [nothing(`no JetPack for this chip (${soc ?? "unknown"}) has a driver for CUDA ${major}.${minor}`)];
}

function isReleased({ jetpacks: [jetpack] }: JetPackRelease): boolean {
  return jetpack !== undefined && !isPreview(jetpack);
}
