import { InvalidInputError } from "../../base/errors.js";
import { parseVersion } from "../../base/version.js";
import { type DeviceFacts, known, type Library, type Reading } from "../../device/facts.js";
import { JETPACK_RELEASES, type JetPackRelease, jetpackMajor } from "../../device/tables/jetpack-releases.js";
import { library } from "../../drift/software-fit.js";
import type { WhatIfChange } from "./judged-views.js";

/**
 * Throws InvalidInputError if a change names nothing, something that is not a version, or a JetPack that is not in the
 * table.
 */
export function checkChange(change: WhatIfChange): void {
  const { jetpack, ...versions } = change;
  const named = Object.entries(versions).filter(([, version]) => version !== undefined);
  if (jetpack === undefined && named.length === 0) {
    throw new InvalidInputError("Cannot judge a change: name a jetpack, driver, cuda or tensorrt to go to");
  }
  if (jetpack !== undefined && !JETPACK_RELEASES.some(({ jetpacks }) => jetpacks.includes(jetpack))) {
    throw new InvalidInputError(`Cannot judge a change: no table has JetPack ${JSON.stringify(jetpack.slice(0, 60))}`);
  }
  for (const [name, version] of named) {
    if (typeof version !== "string" || parseVersion(version) === null) {
      throw new InvalidInputError(
        `Cannot judge a change: ${name} must be a version such as 10.2, is ${JSON.stringify(version)}`,
      );
    }
  }
}

/**
 * The facts of a machine after a change: a JetPack brings its L4T, kernel, system, CUDA, cuDNN and TensorRT, by the
 * table of releases; a driver brings its libcuda; CUDA and TensorRT replace the installed ones. Null if the change is
 * not possible: no release of that JetPack is for the machine, or it has no card with a driver to change.
 */
export function changedFacts(
  facts: DeviceFacts,
  { jetpack, driver, cuda, tensorrt }: WhatIfChange,
): DeviceFacts | null {
  const flashed = jetpack === undefined ? facts : withJetPack(facts, jetpack);
  const driven = driver === undefined || flashed === null ? flashed : withDriver(flashed, driver);
  if (driven === null) return null;
  return {
    ...driven,
    ...(cuda === undefined ? {} : { cuda: supposed(library(cuda)) }),
    ...(tensorrt === undefined ? {} : { tensorrt: supposed(library(tensorrt)) }),
  };
}

const FROM = "what if";

function withJetPack(facts: DeviceFacts, jetpack: string): DeviceFacts | null {
  const jetson = known(facts.jetson);
  const soc = jetson?.soc ?? null;
  // If several L4T releases have the JetPack, the newest.
  const release = JETPACK_RELEASES.filter(
    ({ jetpacks, socs }) => soc !== null && jetpacks.includes(jetpack) && socs.includes(soc),
  ).at(-1);
  if (jetson === null || release === undefined) return null;
  const { l4t } = release;
  const changed: DeviceFacts = {
    ...facts,
    jetson: supposed({ ...jetson, l4t, jetpack, jetpackCandidates: [jetpack] }),
    l4t: supposed(l4t),
    jetpack: supposed(jetpack),
    kernelRelease: supposed(`${release.kernel}-tegra`),
  };
  if (known(facts.container) === true) return { ...changed, ...inContainer(release) };
  const { libcuda } = facts;
  return {
    ...changed,
    distro: supposed({ id: "ubuntu", version: release.ubuntu }),
    glibc: supposed(release.glibc),
    // It is part of L4T: the new one needs the new system's C library.
    libcuda:
      libcuda.state === "known"
        ? supposed({ version: null, path: libcuda.value.path, loadable: true, compat: false })
        : libcuda,
    ...libraries(release),
  };
}

function libraries({ cuda, cudnn, tensorrt }: JetPackRelease): Pick<DeviceFacts, "cuda" | "cudnn" | "tensorrt"> {
  const brought = (version: string | null) => supposed(version === null ? null : library(version));
  return { cuda: brought(cuda), cudnn: brought(cudnn), tensorrt: brought(tensorrt) };
}

/**
 * JetPack 4 mounts the host's libraries into containers; later ones do not, so a container's own image would have to be
 * known.
 */
function inContainer(release: JetPackRelease): Pick<DeviceFacts, "cuda" | "cudnn" | "tensorrt"> {
  if (jetpackMajor(release.l4t) === 4) return libraries(release);
  const why = "from JetPack 5 on a container has the libraries of its own image";
  const unknown: Reading<Library> = { state: "unreadable", from: FROM, why };
  return { cuda: unknown, cudnn: unknown, tensorrt: unknown };
}

function withDriver(facts: DeviceFacts, driver: string): DeviceFacts | null {
  if (!(known(facts.gpus) ?? []).some(({ integrated }) => !integrated)) return null;
  const { libcuda } = facts;
  const changed = { ...facts, driver: supposed(driver) };
  if (libcuda.state === "unreadable" || (libcuda.state === "known" && libcuda.value.compat)) return changed;
  const path = known(libcuda)?.path ?? "libcuda.so.1";
  return { ...changed, libcuda: supposed({ version: driver, path, loadable: true, compat: false }) };
}

function supposed<T>(value: T | null): Reading<T> {
  if (value === null) return { state: "unreadable", from: FROM, why: "no table has its version" };
  return { state: "known", value, from: FROM, confidence: "INFERRED" };
}
