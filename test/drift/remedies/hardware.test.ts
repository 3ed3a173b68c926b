import { describe, expect, it } from "vitest";
import {
  armJob,
  cpuJob,
  fixesOf,
  gpuOptions,
  is,
  NONE,
  someCpu,
  someFacts,
  someGpu,
  someJob,
  someLibcuda,
  someTegraGpu,
  someXavier,
  UNREADABLE,
  xavierJob,
} from "../builders.js";
import { code, someModel, xavierModel } from "../model-builders.js";

const noGpu = (others: Partial<ReturnType<typeof someFacts>> = {}) =>
  someFacts({ accelerator: NONE, gpus: is([]), driver: NONE, ...others });
const asleep = (gpu: Parameters<typeof someGpu>[0], others: Partial<ReturnType<typeof someFacts>> = {}) =>
  someFacts({ accelerator: NONE, gpus: is([someGpu({ usable: false, ...gpu })]), ...others });
const NOTHING = "Nothing on this machine helps: ";
const neo = (target: string) => expect.stringContaining(`compiled with SageMaker Neo for ${target}:`);

describe("where there is no GPU", () => {
  it("WSL2 gets one from its host, a container on it from its start, and WSL 1 not at all", () => {
    const wsl2 = is("5.15.90.1-microsoft-standard-WSL2");
    expect(fixesOf("target.accelerator", { facts: noGpu({ kernelRelease: wsl2 }) })).toEqual([
      "Installing NVIDIA's driver on the Windows host, and nothing of it in WSL2",
    ]);
    expect(fixesOf("compiler.gpu-code", { facts: noGpu({ kernelRelease: wsl2, container: is(true) }) })).toEqual([
      "Starting this container with the host's GPU (--gpus all)",
    ]);
    expect(fixesOf("target.accelerator", { facts: noGpu({ kernelRelease: is("4.4.0-19041-Microsoft") }) })).toEqual([
      "Converting this distribution to WSL2 (wsl --set-version), on a Windows host with NVIDIA's driver",
    ]);
  });

  it("a card can be added for code of cards, on the job's own architecture alone", () => {
    const added = (capability: string) => [
      `Adding an NVIDIA card of compute capability ${capability} leaves what is there as it is`,
      neo("this machine"),
    ];
    const withCode = (gpuCode: string) => ({
      facts: noGpu(),
      job: someJob({ compilerOptions: gpuOptions({ gpuCode }) }),
    });
    expect(fixesOf("target.accelerator", withCode("sm_75"))).toEqual(added("7.5 or a later 7.x"));
    expect(fixesOf("target.accelerator", withCode("sm_90a"))).toEqual(added("9.0"));
    expect(fixesOf("target.accelerator", { job: armJob({ gpuCode: "sm_75" }), facts: noGpu() })[0]).toContain(NOTHING);
  });

  it("PTX runs on any later card, also PTX of a Jetson's code", () => {
    const model = someModel({ codes: [code("sm_61", "PTX"), code("sm_72", "PTX")] });
    expect(fixesOf("target.accelerator", { job: null, model, facts: noGpu() })[0]).toBe(
      "Adding an NVIDIA card of compute capability 6.1 or later, or 7.2 or later leaves what is there as it is",
    );
  });

  it("a Jetson's code has no card to run on", () => {
    const model = xavierModel({ codes: [code("sm_72"), code("sm_53")] });
    expect(fixesOf("compiler.gpu-code", { job: armJob(), facts: noGpu() })[0]).toBe(
      `${NOTHING}sm_72 code runs on a Jetson with tegra194 alone`,
    );
    expect(fixesOf("compiler.gpu-code", { job: null, model, facts: noGpu() })[0]).toBe(
      `${NOTHING}it has no GPU that runs the model's code`,
    );
  });

  it("a card can be added where the GPUs could not be read, and Neo compiles for the machine then", () => {
    const facts = someFacts({ accelerator: NONE, gpus: UNREADABLE });
    expect(fixesOf("target.accelerator", { facts })).toEqual([
      expect.stringContaining("Adding an NVIDIA card"),
      neo("this machine"),
    ]);
  });

  it("no card can be named where the GPU code is not known", () => {
    const job = someJob({ compilerOptions: gpuOptions({ gpuCode: null }) });
    expect(fixesOf("target.accelerator", { job, facts: noGpu() })).toEqual([
      `${NOTHING}it has no GPU that runs the model's code`,
      neo("this machine"),
    ]);
  });

  it("a card is added for the code of cards alone, on a machine that is no Jetson", () => {
    const facts = noGpu({ arch: is("ARM64"), unameMachine: is("aarch64") });
    expect(fixesOf("target.accelerator", { job: armJob(), facts })).toEqual([
      `${NOTHING}sm_72 code runs on a Jetson with tegra194 alone`,
      neo("this machine"),
    ]);
    const model = xavierModel({ codes: [code("sm_72"), code("sm_80")] });
    expect(fixesOf("target.accelerator", { job: null, model, facts })[0]).toBe(
      "Adding an NVIDIA card of compute capability 8.0 or a later 8.x leaves what is there as it is",
    );
  });
});

describe("where a GPU does not fit", () => {
  it("a Jetson's cannot be changed, and Neo compiles for what is there", () => {
    const job = armJob({ gpuCode: "sm_75" });
    expect(fixesOf("compiler.gpu-code", { job, facts: someXavier() })).toEqual([
      `${NOTHING}a Jetson's GPU is part of its chip`,
      neo("sm_72"),
    ]);
  });

  it("a Jetson whose GPU is too old for PTX does not say that only one chip runs it", () => {
    const facts = someXavier({ gpus: is([someTegraGpu({ computeCapability: "5.3" })]) });
    const model = xavierModel({ codes: [code("sm_72", "PTX")] });
    expect(fixesOf("compiler.gpu-code", { job: null, model, facts })[0]).toBe(
      `${NOTHING}a Jetson's GPU is part of its chip`,
    );
  });

  it("no card is added where the job does not name the machine's architecture", () => {
    const job = someJob({ targetPlatform: { os: "LINUX", arch: null, accelerator: "NVIDIA" } });
    const facts = someFacts({ gpus: is([someGpu({ computeCapability: "6.1" })]) });
    expect(fixesOf("compiler.gpu-code", { job, facts })).toEqual([
      `${NOTHING}it has no GPU that runs the model's code`,
      neo("sm_61"),
    ]);
  });

  it.each(["5.15.90.1-microsoft-standard-WSL2", "4.4.0-19041-Microsoft"])(
    "WSL with a GPU (kernel %s) needs another card, not a driver of Windows",
    (kernelRelease) => {
      const facts = someFacts({ kernelRelease: is(kernelRelease), gpus: is([someGpu({ computeCapability: "6.1" })]) });
      expect(fixesOf("compiler.gpu-code", { facts })[0]).toContain("Adding an NVIDIA card");
    },
  );
});

describe("where a GPU is not driven", () => {
  it("its driver is installed, for the CUDA that the job needs", () => {
    expect(fixesOf("target.accelerator", { facts: asleep({ boundTo: "nouveau" }) })).toEqual([
      "Installing NVIDIA's driver, 440.33 or later, in place of nouveau for the Tesla T4",
    ]);
    const job = someJob({ compilerOptions: gpuOptions({ cudaVer: "99.9" }) });
    expect(fixesOf("target.accelerator", { job, facts: asleep({}, { libcuda: NONE, driver: NONE }) })).toEqual([
      "Installing NVIDIA's driver for the Tesla T4",
    ]);
    const noCuda = someJob({ compilerOptions: gpuOptions({ cudaVer: null }) });
    expect(fixesOf("target.accelerator", { job: noCuda, facts: asleep({ boundTo: "nouveau" }) })).toEqual([
      "Installing NVIDIA's driver in place of nouveau for the Tesla T4",
    ]);
  });

  it("it is taken back from a virtual machine", () => {
    expect(fixesOf("target.accelerator", { facts: asleep({ boundTo: "vfio-pci" }) })).toEqual([
      "Giving the Tesla T4 back from vfio-pci to NVIDIA's driver, 440.33 or later, on this host takes it from the virtual machine that has it",
    ]);
  });

  it("its module is loaded where the user space is new enough already", () => {
    const idle = (version: string | null, gpu = {}) =>
      fixesOf("target.accelerator", { facts: asleep(gpu, { driver: NONE, libcuda: is(someLibcuda({ version })) }) })[0];
    expect(idle("440.33")).toContain("Loading the module of NVIDIA's driver 440.33, which is installed");
    expect(idle("470.57.02")).toContain("Loading the module");
    expect(idle("418.56")).toBe("Installing NVIDIA's driver, 440.33 or later, for the Tesla T4");
    expect(idle(null)).toContain("Installing NVIDIA's driver");
    expect(idle("470.57.02", { boundTo: "nouveau" })).toContain("in place of nouveau");
    const job = someJob({ compilerOptions: gpuOptions({ cudaVer: "99.9" }) });
    expect(fixesOf("target.accelerator", { job, facts: asleep({}, { driver: NONE }) })[0]).toContain(
      "Loading the module",
    );
  });

  it("a container is started with the runtime where its host drives the GPU", () => {
    const kept = "Starting this container with the NVIDIA runtime (--gpus or runtime: nvidia)";
    expect(fixesOf("target.accelerator", { facts: asleep({}, { container: is(true) }) })).toEqual([kept]);
    expect(fixesOf("target.accelerator", { facts: asleep({}, { container: is(true), driver: NONE }) })).not.toEqual([
      kept,
    ]);
    expect(
      fixesOf("target.accelerator", { facts: asleep({ boundTo: "nouveau" }, { container: is(true) }) }),
    ).not.toEqual([kept]);
  });

  it("a Jetson gets L4T's user space, or is switched from its card", () => {
    const idle = someTegraGpu({ usable: false });
    expect(
      fixesOf("target.accelerator", { job: armJob(), facts: someXavier({ accelerator: NONE, gpus: is([idle]) }) }),
    ).toEqual(["Installing L4T's NVIDIA user space (package nvidia-l4t-core and its companions)"]);
    const card = someGpu({ computeCapability: "8.6" });
    expect(fixesOf("compiler.gpu-code", { job: armJob(), facts: someXavier({ gpus: is([idle, card]) }) })).toEqual([
      "Switching this machine from its card to the integrated GPU (on IGX and Clara AGX: nvgpuswitch.py) makes the card unavailable to CUDA",
    ]);
    const idleCard = someXavier({ accelerator: NONE, gpus: is([idle, { ...card, usable: false }]) });
    expect(fixesOf("target.accelerator", { job: armJob(), facts: idleCard })[0]).toContain("Installing L4T's");
  });

  it("only a GPU that runs the code gets a driver", () => {
    const facts = someFacts({ gpus: is([someGpu({ usable: false, computeCapability: "6.1" })]), accelerator: NONE });
    expect(fixesOf("target.accelerator", { facts })[0]).toContain("Adding an NVIDIA card");
    const unknown = someFacts({ gpus: is([someGpu({ usable: false, computeCapability: null })]), accelerator: NONE });
    expect(fixesOf("target.accelerator", { facts: unknown })[0]).toContain("Loading the module");
    const noCode = someJob({ compilerOptions: gpuOptions({ gpuCode: null }) });
    expect(fixesOf("target.accelerator", { job: noCode, facts })[0]).toContain("Loading the module");
    const model = someModel({ codes: [code("sm_86"), code("sm_75")] });
    expect(fixesOf("target.accelerator", { job: null, model, facts: asleep({}) })[0]).toContain("Loading the module");
  });
});

describe("where the system does not fit", () => {
  it("a 64-bit system helps only a processor of the job's architecture", () => {
    const on = (machine: string | null, job = cpuJob()) =>
      fixesOf("target.arch", {
        job,
        facts: someFacts({
          arch: NONE,
          userland: is({ bits: 32, machine: "x86" }),
          unameMachine: machine === null ? NONE : is(machine),
        }),
      })[0];
    expect(on("x86_64")).toContain("A 64-bit system");
    expect(on("aarch64")).toBe(`${NOTHING}the package is for X86_64 processors`);
    expect(on("aarch64", armJob())).toContain("A 64-bit system");
    expect(on("i686")).toContain(NOTHING);
    expect(on(null)).toContain(NOTHING);
  });

  it("a 64-bit system helps only where the system was seen to have 32 bits", () => {
    const on = (userland: ReturnType<typeof someFacts>["userland"]) =>
      fixesOf("target.arch", { job: cpuJob(), facts: someFacts({ arch: NONE, userland }) })[0];
    expect(on(is({ bits: 64, machine: "riscv" }))).toContain(NOTHING);
    expect(on(UNREADABLE)).toContain(NOTHING);
  });

  it("a virtual machine can be given its host's processor features", () => {
    const on = (...features: string[]) =>
      fixesOf("compiler.mcpu", { job: cpuJob(), facts: someFacts({ cpu: is(someCpu({ features })) }) });
    const none = [`${NOTHING}a processor cannot be given features that it lacks`, neo("this machine's processor")];
    expect(on("sse2")).toEqual(none);
    expect(on("hypervisor")).toEqual([expect.stringContaining("host-passthrough"), ...none]);
  });

  it("jetson_xavier has no fix on another board", () => {
    expect(fixesOf("target.device", { job: xavierJob(), facts: someFacts() })).toEqual([
      `${NOTHING}the model needs the chip of a Jetson AGX Xavier (Tegra194), which is a different board`,
      neo("sm_75"),
    ]);
  });
});
