import { describe, expect, it } from "vitest";
import type { CompareInput } from "../../../src/drift/make-finding.js";
import { remedies } from "../../../src/drift/remedies.js";
import {
  armJob,
  cpuJob,
  fixesOf,
  gpuOptions,
  is,
  library,
  NONE,
  someFacts,
  someGpu,
  someInput,
  someJob,
  someOptions,
  someTegraGpu,
  someXavier,
  xavierJob,
} from "../builders.js";
import { someModel, states } from "../model-builders.js";

const cudaJob = (cudaVer: string, trtVer = "7.1.3") => someJob({ compilerOptions: gpuOptions({ cudaVer, trtVer }) });

describe("fixes for libraries", () => {
  it("let the loader find the version that is needed, whatever else is hidden", () => {
    const hidden = { version: "10.1.243", from: "/opt/cuda-10.1/libcudart.so.10.1.243", loadable: false };
    const cuda = library("11.4.1", hidden, {
      version: "10.2.89",
      from: "/opt/cuda-10.2/libcudart.so.10.2.89",
      loadable: false,
    });
    expect(fixesOf("compiler.cuda-ver", { facts: someFacts({ cuda }) })).toEqual([
      "Letting the loader find CUDA 10.2.89 in /opt/cuda-10.2 (a line in /etc/ld.so.conf.d, then ldconfig) changes no installed version",
    ]);
    expect(fixesOf("compiler.cuda-ver", { facts: someFacts({ cuda: library("11.4.1", hidden) }) })).toEqual([
      "Installing the CUDA 10.2 runtime beside the one that is there brings CUDA 10.2 and keeps CUDA 11.4.1",
    ]);
  });

  it("let the loader find a TensorRT of the major that is needed", () => {
    const tensorrt = library("8.2.1", { version: "7.2.3", from: "/opt/trt/libnvinfer.so.7.2.3", loadable: false });
    expect(fixesOf("compiler.trt-ver", { facts: someFacts({ tensorrt }) })).toEqual([
      "Letting the loader find TensorRT 7.2.3 in /opt/trt (a line in /etc/ld.so.conf.d, then ldconfig) changes no installed version",
    ]);
  });

  it("let the loader find any of the majors that would do, and another patch of the CUDA that is needed", () => {
    const hidden = { version: "8.2.1", from: "/opt/trt/libnvinfer.so.8.2.1", loadable: false };
    expect(
      fixesOf("compiler.trt-ver", { job: xavierJob(), facts: someXavier({ tensorrt: library("10.3.0", hidden) }) })[0],
    ).toContain("Letting the loader find TensorRT 8.2.1 in /opt/trt ");
    const cuda = library("11.4.1", { version: "10.2.89", from: "/opt/cuda/libcudart.so.10.2.89", loadable: false });
    expect(fixesOf("compiler.cuda-ver", { job: cudaJob("10.2.300"), facts: someFacts({ cuda }) })[0]).toContain(
      "Letting the loader find CUDA 10.2.89 in /opt/cuda ",
    );
  });

  it("install CUDA with the driver that it needs, when the loaded one is older or missing", () => {
    const on = (driver: ReturnType<typeof is<string>> | typeof NONE, cudaVer = "11.2") =>
      fixesOf("compiler.cuda-ver", { job: cudaJob(cudaVer), facts: someFacts({ cuda: NONE, driver }) });
    const installing = "Installing the CUDA 11.2 runtime brings CUDA 11.2";
    expect(on(is("450.80.02"))).toEqual([installing]);
    expect(on(is("440.95.01"))).toEqual([`${installing} and needs driver 450.80.02 or later first`]);
    expect(on(NONE)).toEqual([`${installing} and needs driver 450.80.02 or later first`]);
    expect(on(is("440.95.01"), "9.9")).toEqual(["Installing the CUDA 9.9 runtime brings CUDA 9.9"]);
  });

  it("install on the host what JetPack 4 mounts into a container", () => {
    const inContainer = (others: Parameters<typeof someXavier>[0]) =>
      someXavier({ container: is(true), l4t: is("32.7.1"), ...others });
    const onHost = (name: string) =>
      `Installing ${name} on the host (package nvidia-jetpack) and starting this container with the NVIDIA runtime, which mounts it`;
    const facts = inContainer({ tensorrt: NONE });
    expect(fixesOf("compiler.trt-ver", { job: armJob(), facts })).toEqual([onHost("TensorRT 7.1.3")]);
    expect(fixesOf("compiler.cuda-ver", { job: armJob(), facts: inContainer({ cuda: NONE }) })).toEqual([
      onHost("CUDA 10.2"),
    ]);
  });

  it("take empty files of an arm64 container for what JetPack 4 mounts, where the board cannot be seen", () => {
    const empty = { ...NONE, seen: [{ from: "/usr/lib/libnvinfer.so.7.1.3", value: "7.1.3: it has 0 bytes" }] };
    const other = { ...NONE, seen: [{ from: "/opt/libnvinfer.so.7.1.3", value: "7.1.3: not loadable" }] };
    const facts = (tensorrt: typeof empty, changes = {}) =>
      someXavier({ jetson: NONE, l4t: NONE, jetpack: NONE, container: is(true), tensorrt, ...changes });
    const told = (tensorrt: typeof empty, changes = {}) =>
      fixesOf("compiler.trt-ver", { job: armJob(), facts: facts(tensorrt, changes) })[0];
    expect(told(empty)).toContain("on the host (package nvidia-jetpack)");
    expect(told(other)).toContain("in this container's image");
    expect(told({ ...empty, seen: [...other.seen, ...empty.seen] })).toContain("on the host (package nvidia-jetpack)");
    expect(
      fixesOf("compiler.cuda-ver", { job: armJob(), facts: facts(empty, { cuda: library("11.4.298") }) })[0],
    ).toContain("Installing CUDA 10.2 on the host (package nvidia-jetpack)");
    expect(told(empty, { container: is(false) })).not.toContain("on the host");
    expect(fixesOf("compiler.trt-ver", { facts: someFacts({ tensorrt: empty, container: is(true) }) })[0]).toContain(
      "in this container's image",
    );
  });
});

describe("fixes for a Jetson's libraries", () => {
  const AT_35 = { l4t: "35.3.1", jetpack: "5.1.1" };
  const on35 = (changes: Parameters<typeof someXavier>[0]) =>
    someXavier({ cuda: library("11.4.298"), tensorrt: library("8.5.2"), ...changes }, AT_35);
  const model = (name: string, options: Parameters<typeof armJob>[0]) => ({
    job: armJob(options, { name }),
    model: null,
  });

  it("install what is needed when the chip is not known", () => {
    const facts = someXavier({ tensorrt: library("8.2.1") }, { soc: null });
    expect(fixesOf("compiler.trt-ver", { job: armJob(), facts })).toEqual([
      "Installing the TensorRT 7.1.3 runtime beside the one that is there brings TensorRT 7.1.3 and keeps TensorRT 8.2.1",
    ]);
  });

  it("bring another JetPack also to a container that holds the wrong library", () => {
    const facts = someXavier(
      { tensorrt: library("8.2.1"), cuda: library("10.2.300"), container: is(true) },
      { l4t: "32.7.1", jetpack: "4.6.1" },
    );
    expect(fixesOf("compiler.trt-ver", { job: armJob(), facts })).toEqual([
      "JetPack 4.5.1 (L4T 32.5.2) brings TensorRT 7.1.3 and keeps CUDA 10.2",
    ]);
  });

  it("offer one state that harms nothing besides those that do, though AWS does not name it", () => {
    const job = armJob({ trtVer: "8.2.1", cudaVer: null });
    const others = [{ job: cpuJob(), model: null }, model("C", { trtVer: null, cudaVer: "11.4" })];
    expect(fixesOf("compiler.trt-ver", { job, facts: on35({ tensorrt: NONE }) }, others)).toEqual([
      "JetPack 4.6.1 (L4T 32.7.1) brings TensorRT 8.2.1 and CUDA 10.2; it breaks job C, which wants CUDA 11.4",
      "The libraries of JetPack 5.1.1 (package nvidia-jetpack), which are not installed here: brings TensorRT 8.5.2, keeps CUDA 11.4 and is not one that AWS names",
    ]);
  });

  it("offer no other state where one of the best harms nothing", () => {
    const others = [model("D", { trtVer: "8.2.1", cudaVer: null })];
    expect(fixesOf("compiler.cuda-ver", { job: xavierJob(), facts: on35({}) }, others)).toEqual([
      "JetPack 4.6.1 (L4T 32.7.1) brings TensorRT 8.2.1 and CUDA 10.2",
      "JetPack 4.5.1 (L4T 32.5.2) brings TensorRT 7.1.3 and CUDA 10.2; it breaks job D, which wants TensorRT 8.2.1",
    ]);
  });

  it("satisfy both library rules where both libraries are wrong, and only the one that is", () => {
    const satisfied = (facts: ReturnType<typeof someXavier>) =>
      remedies(someInput({ job: armJob({ trtVer: "8.2.1" }), facts }), []).remedies.map(({ rule, ways: found }) => [
        rule,
        found[0]?.satisfies,
      ]);
    const both = ["compiler.cuda-ver", "compiler.trt-ver"];
    expect(satisfied(on35({ tensorrt: library("10.3.0") }))).toEqual(both.map((rule) => [rule, both]));
    expect(satisfied(on35({}))).toEqual([["compiler.cuda-ver", ["compiler.cuda-ver"]]]);
    expect(satisfied(on35({ tensorrt: library("10.3.0"), cuda: library("10.2.89") }))).toEqual([
      ["compiler.trt-ver", ["compiler.trt-ver"]],
    ]);
  });
});

describe("fixes for a driver that is too old", () => {
  const facts = someFacts({ driver: is("418.56") });
  const other = (options: Parameters<typeof gpuOptions>[0]) => ({
    job: someJob({ compilerOptions: gpuOptions(options) }),
    model: null,
  });
  const driver = (job: ReturnType<typeof someJob>, ...others: readonly ReturnType<typeof other>[]) =>
    fixesOf("compiler.driver", { job, facts }, others)[0];

  it("serve every job for a GPU whose CUDA is known, and no job for the CPU", () => {
    expect(driver(cudaJob("11.2"), other({ cudaVer: "10.2" }))).toContain("NVIDIA driver 450.80.02 or later");
    expect(driver(cudaJob("10.2"), other({ cudaVer: "99.9" }), other({ cudaVer: null }))).toContain("driver 440.33 or");
    const cpu = { job: cpuJob(someOptions({ mcpu: "core-avx2", cudaVer: "12.2" })), model: null };
    expect(driver(cudaJob("10.2"), cpu)).toContain("driver 440.33 or later");
  });

  it("help only once the card fits", () => {
    const gpus = is([someGpu({ computeCapability: "6.1" })]);
    expect(fixesOf("compiler.driver", { facts: { ...facts, gpus } })).toEqual([
      "Nothing on this machine helps: other libraries and drivers help only once its hardware fits the job",
    ]);
  });
});

describe("fixes for a driver that does not know the model's PTX", () => {
  const ptx = (isa: string, changes: Partial<CompareInput> = {}) =>
    fixesOf("compiler.driver", {
      job: null,
      model: someModel({
        codes: [states({ kind: "PTX", sm: "sm_70" } as const)],
        ptxIsa: states(isa, "BLOB"),
        cuda: [],
        tensorrt: [],
      }),
      ...changes,
    });

  it("raise the driver to that of the toolkit, on a container's host", () => {
    expect(ptx("7.8")).toEqual(["NVIDIA driver 520.61.05 or later keeps CUDA and TensorRT"]);
    expect(ptx("7.8", { facts: someFacts({ container: is(true) }) })).toEqual([
      "NVIDIA driver 520.61.05 or later on the host of this container keeps CUDA and TensorRT",
    ]);
  });

  it("name the JetPack that brings it, where one does", () => {
    const on = (soc: string, computeCapability: string, l4t: string, jetpack: string, isa: string) =>
      ptx(isa, {
        facts: someXavier(
          { gpus: is([someTegraGpu({ computeCapability })]), l4t: is(l4t), jetpack: is(jetpack) },
          { soc, l4t, jetpack },
        ),
      })[0];
    expect(on("tegra194", "7.2", "32.7.1", "4.6.1", "7.4")).toMatch(
      /^JetPack 5\.\S* \(L4T 3\d\.\S+\) brings the driver of CUDA 11\.4$/,
    );
    expect(on("tegra194", "7.2", "32.7.1", "4.6.1", "8.5")).toBe(
      "Nothing on this machine helps: no JetPack for this Jetson brings the driver of CUDA 12.5",
    );
  });
});
