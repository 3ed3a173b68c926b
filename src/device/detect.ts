import { cachedHost } from "./cached-host.js";
import { type Declaration, withDeclared } from "./declared.js";
import { detectAccess } from "./detectors/access.js";
import { detectContainer } from "./detectors/container.js";
import { detectCpu } from "./detectors/cpu.js";
import { detectCuda } from "./detectors/cuda.js";
import { detectCudnn } from "./detectors/cudnn.js";
import { deviceTree } from "./detectors/device-tree.js";
import { detectDriver } from "./detectors/driver.js";
import { decideAccelerator, detectGpus } from "./detectors/gpus.js";
import { detectJetson } from "./detectors/jetson.js";
import { decideJetpack, detectL4t } from "./detectors/l4t.js";
import { detectLibcuda } from "./detectors/libcuda.js";
import { libraryCopies } from "./detectors/library-copies.js";
import { readLoader } from "./detectors/loader.js";
import { detectDisk, detectMemory } from "./detectors/memory.js";
import { detectDistro, detectKernel, detectMachine, detectOs } from "./detectors/system.js";
import { detectSoc } from "./detectors/tegra.js";
import { detectTensorrt } from "./detectors/tensorrt.js";
import { decideArch, detectGlibc, detectUserland } from "./detectors/userland.js";
import { readPackages } from "./dpkg.js";
import { readDropIns } from "./drop-ins.js";
import type { DeviceFacts, FactKey, Reading } from "./facts.js";
import type { Host } from "./host.js";

/**
 * Reads every fact from the host's files, once, without child processes or privileges. Never throws. Declared facts are
 * added as `withDeclared` says before others are derived from them (the packages of an architecture, the JetPack of an
 * L4T).
 */
export function detectFacts(
  machine: Host,
  declared: readonly Declaration[] = readDropIns(machine).declared,
): DeviceFacts {
  const host = cachedHost(machine);
  const fact = <T>(key: FactKey, reading: Reading<T>): Reading<T> => withDeclared(key, reading, declared);
  const uname = host.uname();
  const userland = fact("userland", detectUserland(host));
  const unameMachine = fact("unameMachine", detectMachine(host, uname, userland));
  const arch = fact("arch", decideArch(userland, unameMachine));
  const known = arch.state === "known" ? arch.value : null;
  const packages = readPackages(host, known);
  const loader = readLoader(host, known);
  const container = fact("container", detectContainer(host));
  const parts = { loader, packages, copies: libraryCopies(host), arch: known };
  const kernelRelease = fact("kernelRelease", detectKernel(host, uname));

  const memory = fact("memory", detectMemory(host));
  const tree = deviceTree(host);
  const soc = detectSoc(host, tree, { arch, container });
  const seenL4t = detectL4t(host, packages, kernelRelease);
  const l4t = fact("l4t", seenL4t);
  const release = decideJetpack(l4t, packages);
  const jetpack = fact("jetpack", release.jetpack);
  const candidates = jetpack.state === "known" ? [] : release.candidates;
  const jetson = fact("jetson", detectJetson(host, tree, { memory, soc, arch, l4t, jetpack: { jetpack, candidates } }));
  // A declared release does not prove that the user space is there: whether the GPU is driven has to be seen.
  const libcuda = fact("libcuda", detectLibcuda(host, parts));
  const around = { jetson, l4t: seenL4t, container, libcuda };
  const gpus = fact("gpus", detectGpus(host, around));

  const cuda = fact("cuda", detectCuda(host, parts));
  const cudnn = fact("cudnn", detectCudnn(host, parts));
  const tensorrt = fact("tensorrt", detectTensorrt(host, parts));
  return {
    os: fact("os", detectOs(host, uname, userland)),
    arch,
    unameMachine,
    kernelRelease,
    userland,
    distro: fact("distro", detectDistro(host)),
    glibc: fact("glibc", detectGlibc(host, packages, loader.trusted)),
    accelerator: fact("accelerator", decideAccelerator(host, gpus, around)),
    gpus,
    jetson,
    l4t: onJetson(jetson, l4t),
    jetpack: onJetson(jetson, jetpack),
    driver: fact("driver", detectDriver(host)),
    libcuda,
    cuda,
    cudnn,
    tensorrt,
    container,
    cpu: fact("cpu", detectCpu(host)),
    memory,
    disk: fact("disk", detectDisk(host)),
    access: fact("access", detectAccess(host, gpus, [cuda, cudnn, tensorrt], container)),
  };
}

/** L4T's files do not make another machine a Jetson; what was declared stays in the evidence. */
function onJetson(jetson: DeviceFacts["jetson"], reading: Reading<string>): Reading<string> {
  const isDeclared = reading.state === "known" && reading.confidence === "DECLARED";
  if (jetson.state !== "absent" || isDeclared) return reading;
  return { state: "absent", from: jetson.from };
}
