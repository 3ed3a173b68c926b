import type { DeviceFacts, Library } from "../device/facts.js";
import { known } from "../device/facts.js";
import { isPreview, JETPACK_RELEASES, type JetPackRelease } from "../device/tables/jetpack-releases.js";
import { judgeCuda } from "./cuda-versions.js";
import { type Judgement, libraryReading } from "./library-judgement.js";
import type { Needs } from "./needs.js";
import { TESTED_JETPACKS } from "./rules/jetpack.js";
import { judgeTensorrt } from "./tensorrt-versions.js";

/** The libraries of a machine, real or hypothetical; null if one is not installed or not known. */
export interface Software {
  readonly cuda: Library | null;
  readonly tensorrt: Library | null;
}

/** A state that installing a JetPack brings a Jetson to. */
export interface JetPackState extends Software {
  readonly release: JetPackRelease;
  readonly cuda: Library;
  readonly tensorrt: Library;
  /** `4.6.1` */
  readonly jetpack: string;
}

/** How well some software fits a job. */
interface Fit {
  /** No library blocks. */
  readonly runs: boolean;
  /** How many things differ without blocking, including a JetPack that AWS does not name. */
  readonly warnings: number;
  /** What blocks, in words to follow "which": `needs TensorRT 7.1.3`. */
  readonly blockedBy: string | null;
}

/** The machine's libraries as they count now. */
export function softwareOf(facts: DeviceFacts): Software {
  return { cuda: known(libraryReading(facts, "cuda")), tensorrt: known(libraryReading(facts, "tensorrt")) };
}

/** Judges hypothetical software by the rules' own code. A job that does not say what it needs is blocked by nothing. */
export function fitOf(needs: Needs, software: Software): Fit {
  if (needs.gpu === "NOT_NEEDED") return { runs: true, warnings: 0, blockedBy: null };
  const cuda = needs.cudaVer && (software.cuda ? judgeCuda(needs.cudaVer.value, software.cuda) : MISSING);
  const wanted = needs.trtVer?.value ?? null;
  const tensorrt =
    wanted && (software.tensorrt ? judgeTensorrt({ wanted, ranged: false }, software.tensorrt) : MISSING);
  const blocked = [
    cuda?.grade === "BLOCKING" ? `CUDA ${needs.cudaVer?.value}` : null,
    tensorrt?.grade === "BLOCKING" ? `TensorRT ${wanted?.join(" or ")}` : null,
  ].filter((name) => name !== null);
  const warnings = [cuda, tensorrt].filter((judged) => judged?.grade === "WARNING").length;
  return {
    runs: blocked.length === 0,
    warnings,
    blockedBy: blocked.length === 0 ? null : `needs ${blocked.join(" and ")}`,
  };
}

/**
 * The states that a SoC's JetPack releases lead to, without previews; of releases with the same software, the nearest
 * to `l4t`.
 */
export function jetpackStates(soc: string, l4t: string | null): JetPackState[] {
  const rows = JETPACK_RELEASES.filter(isRelease).filter((row) => row.socs.includes(soc));
  const here = JETPACK_RELEASES.findIndex((row) => row.l4t === l4t);
  // From an unknown release, at -1, the distance keeps the table's order.
  const distance = (row: JetPackRelease) => Math.abs(JETPACK_RELEASES.indexOf(row) - here);
  const states = new Map<string, JetPackState>();
  for (const release of rows.sort((a, b) => distance(a) - distance(b))) {
    const jetpack = release.jetpacks[0] ?? "";
    const key = `${release.cuda} ${release.tensorrt} ${isTested(jetpack)}`;
    if (!states.has(key)) {
      states.set(key, { release, jetpack, cuda: library(release.cuda), tensorrt: library(release.tensorrt) });
    }
  }
  return [...states.values()];
}

/** Whether AWS names this JetPack. */
export function isTested(jetpack: string): boolean {
  return TESTED_JETPACKS.includes(jetpack);
}

/** A library of one version that the loader finds. */
export function library(version: string): Library {
  return { version, installed: [] };
}

const MISSING: Judgement = { grade: "BLOCKING", actual: "none", because: "" };

/** A release with a single name whose libraries are both in the table. */
function isRelease(row: JetPackRelease): row is JetPackRelease & { readonly cuda: string; readonly tensorrt: string } {
  return row.jetpacks.length === 1 && !isPreview(row.jetpacks[0] ?? "") && row.cuda !== null && row.tensorrt !== null;
}
