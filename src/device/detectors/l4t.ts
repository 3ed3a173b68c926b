import { DPKG_STATUS, type PackageList, upstreamVersion } from "../dpkg.js";
import type { Reading } from "../facts.js";
import type { Host } from "../host.js";
import { isOwnMachine, NOT_COPIED } from "../own-machine.js";
import { sightingsOn } from "../sightings.js";
import { jetpackCandidates } from "../tables/jetpack-releases.js";

/** Where L4T says which release its root file system is. Its BOARD is not the SoC: Orin says t186ref. */
export const NV_TEGRA_RELEASE = "/etc/nv_tegra_release";

/**
 * The L4T release in three parts. Looks at: /etc/nv_tegra_release, dpkg's nvidia-l4t-core; if neither states it, the
 * kernel's release, where meta-tegra's kernels have it (INFERRED: a kernel can be older or newer than the root file
 * system).
 */
export function detectL4t(host: Host, packages: PackageList, kernel: Reading<string>): Reading<string> {
  const sightings = sightingsOn(host);
  sightings.read(NV_TEGRA_RELEASE, parseTegraRelease);
  for (const { name, version } of packages.packages) {
    const release = name === "nvidia-l4t-core" ? /^(\d+(?:\.\d+){1,2})-/.exec(version)?.[1] : undefined;
    if (release !== undefined) sightings.add(`${DPKG_STATUS} (${name})`, inThreeParts(release));
  }
  if (packages.problem !== null) sightings.fail(DPKG_STATUS, packages.problem);
  else sightings.missed(`${DPKG_STATUS} (nvidia-l4t-core)`);
  const inKernel = kernel.state === "known" ? releaseInKernel(kernel.value) : null;
  if (sightings.all.length === 0 && kernel.state === "known" && inKernel !== null) {
    sightings.add(`${kernel.from} (kernel ${kernel.value})`, inKernel);
    return sightings.settle("INFERRED");
  }
  const reading = sightings.settle();
  const isSure = packages.isThere || isOwnMachine(host);
  return reading.state !== "absent" || isSure ? reading : { state: "unreadable", from: reading.from, why: NOT_COPIED };
}

/** `32.7.4` of `4.9.337-l4t-r32.7.4+ga1cf17bc0aa0`, as OE4T/meta-tegra names its kernels; null for other names. */
function releaseInKernel(release: string): string | null {
  const found = /-l4t-r(\d{2}\.\d{1,2}(?:\.\d{1,2})?)(?![\d.])/.exec(release)?.[1];
  return found === undefined ? null : inThreeParts(found);
}

/** `32.7.1` from the first line of nv_tegra_release; null if it has another form. */
export function parseTegraRelease(text: string): string | null {
  const [, major, revision] = /^#\s*R(\d{1,3})\s*\(release\),\s*REVISION:\s*(\d+(?:\.\d+)?)\s*,/.exec(text) ?? [];
  return major === undefined || revision === undefined ? null : inThreeParts(`${major}.${revision}`);
}

/** The JetPack: stated by its meta package, otherwise INFERRED from L4T if that names a single one. */
export interface JetPackReading {
  readonly jetpack: Reading<string>;
  readonly candidates: readonly string[];
}

/** The JetPack release. Looks at: dpkg's nvidia-jetpack, the table of L4T releases. */
export function decideJetpack(l4t: Reading<string>, packages: PackageList): JetPackReading {
  const candidates = l4t.state === "known" ? jetpackCandidates(l4t.value) : [];
  const installed = packages.packages.find(({ name }) => name === "nvidia-jetpack");
  const stated = installed === undefined ? null : upstreamVersion(installed.version);
  const statedFrom = `${DPKG_STATUS} (nvidia-jetpack)`;
  const derived = candidates.length === 1 && !candidates[0]?.endsWith(".x") ? candidates[0] : undefined;
  const derivedFrom = l4t.state === "known" ? `table of L4T releases (${l4t.value})` : "";

  if (stated !== null && (derived === undefined || stated === derived.split(" ")[0])) {
    const jetpack = { state: "known", value: derived ?? stated, from: statedFrom, confidence: "FIRM" } as const;
    return { jetpack, candidates: [] };
  }
  if (derived !== undefined) {
    const jetpack = { state: "known", value: derived, from: derivedFrom } as const;
    if (stated === null) return { jetpack: { ...jetpack, confidence: "INFERRED" }, candidates: [] };
    // The meta package can be upgraded without L4T: L4T says what is running.
    const seen = [
      { from: derivedFrom, value: derived },
      { from: statedFrom, value: stated },
    ];
    return { jetpack: { ...jetpack, confidence: "DISPUTED", seen }, candidates: [] };
  }
  if (l4t.state !== "known") return { jetpack: l4t, candidates: [] };
  const why = candidates.length === 0 ? "no table has this release" : `it can be ${candidates.join(" or ")}`;
  return { jetpack: { state: "unreadable", from: derivedFrom, why }, candidates };
}

function inThreeParts(release: string): string {
  const parts = release.split(".").map(Number);
  return [parts[0] ?? 0, parts[1] ?? 0, parts[2] ?? 0].join(".");
}
