import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { detectFacts } from "../../../src/device/detect.js";
import { known } from "../../../src/device/facts.js";
import { linuxHost } from "../../../src/device/linux-host.js";
import { changedFacts } from "../../../src/fleet/state/changed-facts.js";
import { is, UNREADABLE } from "../../drift/builders.js";

const factsOf = (host: string) => detectFacts(linuxHost(join(import.meta.dirname, "../../hosts", host)), []);
const xavier = factsOf("agx-xavier-jp461");
const card = factsOf("aws-g4dn-t4-cuda102");

describe("changedFacts", () => {
  it("applies what the table of releases says about a JetPack, and keeps the hardware", () => {
    const after = changedFacts(xavier, { jetpack: "5.1.1" });

    expect(after).toMatchObject({
      l4t: { value: "35.3.1" },
      jetpack: { value: "5.1.1" },
      cuda: { value: { version: "11.4.298" } },
      tensorrt: { value: { version: "8.5.2" } },
      cudnn: { value: { version: "8.6.0.166" } },
      glibc: { value: "2.31" },
      distro: { value: { id: "ubuntu", version: "20.04" } },
      jetson: { value: { soc: "tegra194", l4t: "35.3.1", jetpack: "5.1.1", jetpackCandidates: ["5.1.1"] } },
    });
    expect(after).toMatchObject({ arch: xavier.arch, gpus: xavier.gpus, cpu: xavier.cpu, memory: xavier.memory });
  });

  it("uses the newest of several L4T releases with one JetPack", () => {
    expect(changedFacts(xavier, { jetpack: "5.1.5" })?.l4t).toMatchObject({ value: "35.6.3" });
  });

  it.each([
    ["a JetPack that is not for this Jetson", xavier, "6.1"],
    ["a JetPack on a machine that is no Jetson", card, "5.1.1"],
  ])("cannot apply %s", (_, facts, jetpack) => {
    expect(changedFacts(facts, { jetpack })).toBeNull();
  });

  it("changes a container's libraries only after JetPack 4, which mounts the host's", () => {
    const inContainer = { ...xavier, container: is(true) };

    expect(changedFacts(inContainer, { jetpack: "4.4" })).toMatchObject({
      tensorrt: { value: { version: "7.1.3" } },
      distro: xavier.distro,
    });
    expect(changedFacts(inContainer, { jetpack: "5.1.1" })?.tensorrt).toMatchObject({ state: "unreadable" });
  });

  it("changes a driver with its libcuda, but leaves a compatibility package in place", () => {
    const compat = { version: "520.61.05", path: "/usr/local/cuda/compat/libcuda.so.1", loadable: true, compat: true };
    const own = { ...compat, path: "/usr/lib/libcuda.so.1", version: "440.33.01", compat: false };
    const after = changedFacts({ ...card, libcuda: is(own) }, { driver: "535.54.03" });

    expect(after?.driver).toMatchObject({ value: "535.54.03" });
    expect(after?.libcuda).toMatchObject({ value: { version: "535.54.03", compat: false } });
    expect(changedFacts({ ...card, libcuda: is(compat) }, { driver: "535.54.03" })?.libcuda).toEqual(is(compat));
    expect(changedFacts({ ...card, libcuda: UNREADABLE }, { driver: "535.54.03" })?.libcuda).toEqual(UNREADABLE);
    expect(changedFacts(xavier, { driver: "535.54.03" })).toBeNull();
  });

  it("replaces the present CUDA and TensorRT, also after a JetPack", () => {
    const after = changedFacts(xavier, { jetpack: "4.4", tensorrt: "8.2.1" });

    expect(known(after?.cuda)?.version).toBe("10.2.89");
    expect(known(after?.tensorrt)).toEqual({ version: "8.2.1", installed: [] });
  });
});
