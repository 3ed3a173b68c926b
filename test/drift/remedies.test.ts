import { describe, expect, it } from "vitest";
import { NO_COMPUTE_INSTANCE } from "../../src/device/detectors/access.js";
import { compare } from "../../src/drift/compare.js";
import type { RuleId } from "../../src/drift/finding.js";
import type { CompareInput } from "../../src/drift/make-finding.js";
import { remedies } from "../../src/drift/remedies.js";
import type { PackagingJob } from "../../src/job/job.js";
import {
  AVX2_FEATURES,
  armJob,
  cpuJob,
  gpuOptions,
  is,
  library,
  NONE,
  someCpu,
  someDeployed,
  someFacts,
  someGpu,
  someInput,
  someJob,
  someTegraGpu,
  someXavier,
  xavierJob,
} from "./builders.js";

const NEO = "Lookout for Vision no longer packages models";
const wantsTrt8 = armJob({ trtVer: "8.2.1" }, { name: "B" });
const at461 = someXavier(
  { tensorrt: library("8.2.1"), cuda: library("10.2.300") },
  { l4t: "32.7.1", jetpack: "4.6.1" },
);

function asSubject(job: PackagingJob) {
  return { job, model: null };
}

/** The texts of one rule's ways out. */
function ways(rule: RuleId, changes: Partial<CompareInput>, ...others: PackagingJob[]): readonly string[] {
  const { verdict } = remedies(someInput(changes), others.map(asSubject));
  return verdict.findings.find((finding) => finding.rule === rule && finding.outcome === "DRIFT")?.remedy ?? [];
}

describe("remedies on a Jetson", () => {
  it("find the nearest JetPack that satisfies the job, what it keeps and what it breaks", () => {
    const input = someInput({ job: armJob(), facts: at461 });
    const { remedies: found, verdict } = remedies(input, [asSubject(wantsTrt8)]);
    const [finding] = verdict.findings.filter(({ rule }) => rule === "compiler.trt-ver");
    expect(found).toEqual([
      {
        rule: "compiler.trt-ver",
        path: finding?.path,
        fingerprint: finding?.fingerprint,
        ways: [
          {
            change: "JetPack 4.5.1 (L4T 32.5.2)",
            effects: ["brings TensorRT 7.1.3", "keeps CUDA 10.2"],
            satisfies: ["compiler.trt-ver"],
            breaks: [{ job: "B", because: "wants TensorRT 8.2.1" }],
          },
        ],
      },
    ]);
    expect(finding?.remedy).toEqual([
      "JetPack 4.5.1 (L4T 32.5.2) brings TensorRT 7.1.3 and keeps CUDA 10.2; it breaks job B, which wants TensorRT 8.2.1",
    ]);
  });

  it("find upgrades as well, and break nothing that is broken already", () => {
    const blocked = armJob({ trtVer: "10.3.0", cudaVer: "12.6" }, { name: "C" });
    expect(
      ways("compiler.trt-ver", { job: wantsTrt8, facts: someXavier() }, armJob({}, { name: "A" }), blocked),
    ).toEqual([
      "JetPack 4.6.1 (L4T 32.7.1) brings TensorRT 8.2.1 and keeps CUDA 10.2; it breaks job A, which wants TensorRT 7.1.3",
    ]);
  });

  it("offer each tested state for jetson_xavier, the nearest first", () => {
    const facts = someXavier(
      { cuda: library("11.4.298"), tensorrt: library("8.5.2") },
      { l4t: "35.3.1", jetpack: "5.1.1" },
    );
    expect(ways("compiler.cuda-ver", { job: xavierJob(), facts })).toEqual([
      "JetPack 4.6.1 (L4T 32.7.1) brings TensorRT 8.2.1 and CUDA 10.2",
      "JetPack 4.5.1 (L4T 32.5.2) brings TensorRT 7.1.3 and CUDA 10.2",
    ]);
  });

  it("judge what they offer by the rules' own code: the machine brought there is blocked no more", () => {
    const facts = someXavier(
      { tensorrt: library("7.1.3"), cuda: library("10.2.89") },
      { l4t: "32.5.2", jetpack: "4.5.1" },
    );
    expect(compare(someInput({ job: armJob(), facts })).runnable).toBe("RUNNABLE");
  });

  it("name the library to install where the JetPack is right and the library is missing", () => {
    const facts = someXavier(
      { gpus: is([someTegraGpu({ computeCapability: "8.7" })]), cuda: library("12.6.68"), tensorrt: NONE },
      { soc: "tegra234", product: "AGX Orin", l4t: "36.4.3", jetpack: "6.2" },
    );
    const job = armJob({ gpuCode: "sm_87", cudaVer: "12.6", trtVer: "10.3.0" });
    expect(ways("compiler.trt-ver", { job, facts })[0]).toBe(
      "The libraries of JetPack 6.2 (package nvidia-jetpack), which are not installed here: brings TensorRT 10.3.0, keeps CUDA 12.6 and is not one that AWS names",
    );
  });

  it("say plainly that no JetPack brings what the job needs", () => {
    const job = armJob({ trtVer: "5.1.6", cudaVer: "10.2" });
    expect(ways("compiler.trt-ver", { job, facts: someXavier() })).toEqual([
      "Nothing on this machine helps: no JetPack for this Jetson brings CUDA 10.2 and TensorRT 5.1.6",
      expect.stringContaining(NEO),
    ]);
  });

  it("say plainly that another chip cannot be had, and that libraries do not help then", () => {
    const orin = someXavier(
      { gpus: is([someTegraGpu({ computeCapability: "8.7" })]), cuda: library("11.4.298") },
      { soc: "tegra234", product: "AGX Orin", l4t: "35.4.1", jetpack: "5.1.2" },
    );
    expect(ways("target.device", { job: xavierJob(), facts: orin })[0]).toMatch(
      /^Nothing on this machine helps: .*Tegra194/,
    );
    expect(ways("compiler.gpu-code", { job: xavierJob(), facts: orin })).toEqual([
      "Nothing on this machine helps: sm_72 code runs on a Jetson with tegra194 alone",
      expect.stringContaining("SageMaker Neo for sm_87"),
    ]);
    expect(ways("compiler.cuda-ver", { job: xavierJob(), facts: orin })).toEqual([
      "Nothing on this machine helps: other libraries and drivers help only once its hardware fits the job",
    ]);
  });
});

describe("remedies off a Jetson", () => {
  it("install a runtime in addition to the one that is there", () => {
    const facts = someFacts({ cuda: library("11.4.1"), tensorrt: library("8.2.1") });
    expect(ways("compiler.cuda-ver", { facts })).toEqual([
      "Installing the CUDA 10.2 runtime beside the one that is there brings CUDA 10.2 and keeps CUDA 11.4.1",
    ]);
    expect(ways("compiler.trt-ver", { facts })).toEqual([
      "Installing the TensorRT 7.1.3 runtime beside the one that is there brings TensorRT 7.1.3 and keeps TensorRT 8.2.1",
    ]);
  });

  it("say which driver the runtime needs first", () => {
    expect(ways("compiler.cuda-ver", { facts: someFacts({ cuda: NONE, driver: is("418.56") }) })).toEqual([
      "Installing the CUDA 10.2 runtime brings CUDA 10.2 and needs driver 440.33 or later first",
    ]);
  });

  it("let the loader find what is installed already, before anything is installed", () => {
    const cuda = library("11.4.1", {
      version: "10.2.89",
      from: "/usr/local/cuda-10.2/lib64/libcudart.so.10.2.89",
      loadable: false,
    });
    expect(ways("compiler.cuda-ver", { facts: someFacts({ cuda }) })[0]).toBe(
      "Letting the loader find CUDA 10.2.89 in /usr/local/cuda-10.2/lib64 (a line in /etc/ld.so.conf.d, then ldconfig) changes no installed version",
    );
  });

  it("raise the driver so far that every job on the device is served", () => {
    const facts = someFacts({ driver: is("418.56") });
    const other = someJob({ compilerOptions: gpuOptions({ cudaVer: "11.2" }) });
    expect(ways("compiler.driver", { facts })).toEqual([
      "NVIDIA driver 440.33 or later keeps CUDA and TensorRT and is enough for every job on this device",
    ]);
    expect(ways("compiler.driver", { facts }, other)[0]).toContain("NVIDIA driver 450.80.02 or later");
    expect(ways("compiler.driver", { facts }, cpuJob())[0]).toContain("NVIDIA driver 440.33 or later");
  });

  it("send a container's driver to its host and its libraries to its image", () => {
    const facts = someFacts({ driver: is("418.56"), cuda: library("11.4"), container: is(true) });
    expect(ways("compiler.driver", { facts })[0]).toContain("on the host of this container");
    expect(ways("compiler.cuda-ver", { facts })[0]).toContain("in this container's image");
  });

  it("add a card where one is missing or does not fit, since a card can be added", () => {
    const facts = someFacts({ gpus: is([someGpu({ computeCapability: "6.1" })]) });
    expect(ways("compiler.gpu-code", { facts })).toEqual([
      "Adding an NVIDIA card of compute capability 7.5 or a later 7.x leaves what is there as it is",
      expect.stringContaining("SageMaker Neo for sm_61"),
    ]);
    const bare = someFacts({ accelerator: NONE, gpus: is([]) });
    expect(ways("target.accelerator", { facts: bare })[0]).toContain("Adding an NVIDIA card");
  });

  it.each([
    ["nouveau", "Installing NVIDIA's driver, 440.33 or later, in place of nouveau for the Tesla T4"],
    [
      "vfio-pci",
      "Giving the Tesla T4 back from vfio-pci to NVIDIA's driver, 440.33 or later, on this host takes it from the virtual machine that has it",
    ],
  ])("wake a GPU that %s holds", (boundTo, expected) => {
    const facts = someFacts({ accelerator: NONE, gpus: is([someGpu({ usable: false, boundTo })]) });
    expect(ways("target.accelerator", { facts })).toEqual([expected]);
    expect(ways("compiler.gpu-code", { facts })).toEqual([expected]);
  });
});

describe("remedies for processors and systems", () => {
  const without = (...features: string[]) =>
    someFacts({ cpu: is(someCpu({ features: [...AVX2_FEATURES.filter((one) => one !== "avx2"), ...features] })) });

  it("say plainly that a processor without AVX2 cannot be helped", () => {
    expect(ways("compiler.mcpu", { job: cpuJob(), facts: without() })).toEqual([
      "Nothing on this machine helps: a processor cannot be given features that it lacks",
      expect.stringContaining(NEO),
    ]);
  });

  it("pass the host's features through where this is a virtual machine", () => {
    expect(ways("compiler.mcpu", { job: cpuJob(), facts: without("hypervisor") })[0]).toContain("host-passthrough");
  });

  it("offer a 64-bit system where only the userland is 32-bit", () => {
    const facts = someXavier({ arch: NONE, userland: is({ bits: 32, machine: "arm" }) });
    expect(ways("target.arch", { job: xavierJob(), facts })).toEqual([
      "A 64-bit system on this machine: its processor and kernel are already 64-bit",
    ]);
    expect(ways("target.arch", { job: xavierJob() })[0]).toBe(
      "Nothing on this machine helps: the package is for ARM64 processors",
    );
    expect(ways("target.os", { facts: someFacts({ os: is("DARWIN") }) })).toEqual([
      "Nothing on this machine helps: the package runs only on Linux",
    ]);
  });
});

describe("remedies for deployment and rights", () => {
  it.each([
    ["component.deployed", { present: NONE }, "Deploying bottle-model 1.0.0"],
    ["component.version", { version: is("2.0.0") }, "Pinning bottle-model 1.0.0 in the deployment"],
    ["component.state", { state: is("BROKEN") }, "Reading logs/bottle-model.log"],
  ] as const)("lead out of %s", (rule, deployed, expected) => {
    expect(ways(rule, { deployed: someDeployed(deployed) })[0]).toContain(expected);
  });

  it("give the user the rights that it lacks", () => {
    const access = is([{ path: "/dev/nvhost-gpu", allowed: false, why: "EACCES" }]);
    expect(ways("device.access", { job: xavierJob(), facts: someXavier({ access }) })[0]).toContain(
      "usermod -aG video ggc_user",
    );
  });
});

describe("remedies where MIG left no GPU", () => {
  const access = is([{ path: "/proc/driver/nvidia/capabilities/gpu0/mig", allowed: false, why: NO_COMPUTE_INSTANCE }]);

  it("create a compute instance, on a container's host where this is one", () => {
    expect(ways("device.access", { facts: someFacts({ access }) })).toEqual([
      "Creating a compute instance in each GPU instance (nvidia-smi mig -cci), or switching MIG off (nvidia-smi -mig 0)",
    ]);
    expect(ways("device.access", { facts: someFacts({ access, container: is(true) }) })[0]).toContain(
      "on this container's host",
    );
  });
});

describe("remedies", () => {
  it("are given for every finding that blocks or errs, and never speak of repackaging", () => {
    const machines = [
      someFacts(),
      someXavier(),
      at461,
      someFacts({ accelerator: NONE, gpus: is([]), cuda: NONE, tensorrt: NONE, driver: NONE }),
      someFacts({ os: is("DARWIN"), driver: NONE }),
    ];
    const jobs = [
      someJob(),
      armJob(),
      xavierJob(),
      wantsTrt8,
      cpuJob(),
      someJob({ status: "FAILED", compilerOptions: gpuOptions({ gpuCode: "sm_72", trtVer: null }) }),
    ];
    for (const facts of machines) {
      for (const job of jobs) {
        const deployed = someDeployed({ version: is("9.9.9"), state: is("BROKEN") });
        const { verdict } = remedies(someInput({ job, facts, deployed }), jobs.map(asSubject));
        for (const finding of verdict.findings) {
          const wanted = finding.outcome === "DRIFT" && ["BLOCKING", "ERROR"].includes(finding.severity);
          expect([finding.rule, finding.remedy.length > 0]).toEqual([finding.rule, wanted]);
          expect(finding.remedy.join()).not.toMatch(/repackag|package (it|the model) again/i);
        }
      }
    }
  });

  it("leave everything else of the verdict as it is", () => {
    const input = someInput({ facts: someFacts({ cuda: NONE }) });
    const verdict = compare(input);
    const { findings, ...axes } = remedies(input, [], verdict).verdict;
    expect(axes).toEqual({ drift: verdict.drift, runnable: verdict.runnable });
    expect(findings.map((finding) => ({ ...finding, remedy: [] }))).toEqual(verdict.findings);
    const clean = compare(someInput());
    expect(remedies(someInput(), [], clean)).toEqual({ verdict: clean, remedies: [] });
    expect(remedies(someInput(), [], clean).verdict).toBe(clean);
  });
});
