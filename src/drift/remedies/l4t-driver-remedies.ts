import { cutVersion, parseVersion } from "../../base/version.js";
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
/** The first JetPack for which NVIDIA makes cuda-compat for Jetsons. */
const COMPAT_SINCE_JETPACK = 5;

/**
 * Fixes that give a Jetson a driver for the model's CUDA: the JetPack or, from JetPack 5 on, the compatibility package.
 */
export function l4tDriverRemedies({ needs, facts }: Question): readonly Remedy[] {
  const cuda = cutVersion(needs.cudaVer?.value ?? "", 2);
  const wanted = parseVersion(cuda) ?? [];
  const soc = known(facts.jetson)?.soc ?? "unknown";
  const release = JETPACK_RELEASES.find(
    (row) => row.socs.includes(soc) && isReleased(row) && runsCuda(parseVersion(row.cuda) ?? [], wanted),
  );
  const host = known(facts.container) === true ? " on the host of this container" : "";
  const hasCompat = host === "" && (jetpackMajor(known(facts.l4t) ?? "") ?? 0) >= COMPAT_SINCE_JETPACK;
  const updates = [
    ...(release === undefined ? [] : [change(`JetPack ${release.jetpacks[0]} or later${host}`, RULE)]),
    ...(hasCompat && release !== undefined
      ? [
          change(
            `NVIDIA's compatibility package cuda-compat-${cuda.replace(".", "-")}, its folder known to the loader`,
            RULE,
          ),
        ]
      : []),
  ];
  return updates.length > 0 ? updates : [nothing(`no JetPack for this chip (${soc}) has a driver for CUDA ${cuda}`)];
}

function isReleased({ jetpacks }: JetPackRelease): boolean {
  return jetpacks.some((jetpack) => !isPreview(jetpack));
}
