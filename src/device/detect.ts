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
import { readLoader } from "./detectors/loader.js";
import { detectDisk, detectMemory } from "./detectors/memory.js";
import { detectDistro, detectKernel, detectMachine, detectOs } from "./detectors/system.js";
import { detectSoc } from "./detectors/tegra.js";
import { detectTensorrt } from "./detectors/tensorrt.js";
import { decideArch, detectGlibc, detectUserland } from "./detectors/userland.js";
import { readPackages } from "./dpkg.js";
import type { DeviceFacts, Reading } from "./facts.js";
import type { Host } from "./host.js";
import { snapshotOf } from "./snapshot.js";

/** Everything that the host's files tell: one reading, no child process, no privilege. Never throws. */
export function detectFacts(machine: Host): DeviceFacts {
  const host = snapshotOf(machine);
  const uname = host.uname();
  const userland = detectUserland(host);
  const unameMachine = detectMachine(host, uname, userland);
  const arch = decideArch(userland, unameMachine);
  const known = arch.state === "known" ? arch.value : null;
  const packages = readPackages(host, known);
  const loader = readLoader(host, known);
  const container = detectContainer(host);

  const tree = deviceTree(host);
  const soc = detectSoc(host, tree);
  const l4t = detectL4t(host, packages);
  const jetpack = decideJetpack(l4t, packages);
  const jetson = detectJetson(host, tree, { soc, arch, l4t, jetpack });
  const gpus = detectGpus(host, { jetson, l4t, container });

  const cuda = detectCuda(host, loader, packages, known);
  const cudnn = detectCudnn(host, loader, packages, known);
  const tensorrt = detectTensorrt(host, loader, packages, known);
  return {
    os: detectOs(host, uname, userland),
    arch,
    unameMachine,
    kernelRelease: detectKernel(host, uname),
    userland,
    distro: detectDistro(host),
    glibc: detectGlibc(host, packages),
    accelerator: decideAccelerator(gpus),
    gpus,
    jetson,
    l4t: onJetson(jetson, l4t),
    jetpack: onJetson(jetson, jetpack.jetpack),
    driver: detectDriver(host),
    cuda,
    cudnn,
    tensorrt,
    container,
    cpu: detectCpu(host),
    memory: detectMemory(host),
    disk: detectDisk(host),
    access: detectAccess(host, gpus, [cuda, cudnn, tensorrt]),
  };
}

/** L4T's files on another machine make no Jetson of it. */
function onJetson(jetson: DeviceFacts["jetson"], reading: Reading<string>): Reading<string> {
  return jetson.state === "absent" && reading.state === "known" ? { state: "absent", from: jetson.from } : reading;
}
