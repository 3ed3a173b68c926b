import { describe, expect, it } from "vitest";
import type { DeviceFacts, Reading } from "../../../src/device/facts.js";
import { minimumDriver } from "../../../src/device/tables/cuda-drivers.js";
import { SOURCES } from "../../../src/drift/sources.js";
import type { PackagingJob } from "../../../src/job/job.js";
import type { PackagedModel } from "../../../src/model/model.js";
import {
  answers,
  armJob,
  cpuJob,
  findingsOf,
  gpuOptions,
  is,
  NONE,
  someFacts,
  someGpu,
  someJob,
  someTegraGpu,
  someXavier,
  UNREADABLE,
  xavierJob,
} from "../builders.js";
import { someModel } from "../model-builders.js";

const driver = (cudaVer: string | null, found: Reading<string>) =>
  answers("compiler.driver", {
    job: someJob({ compilerOptions: gpuOptions({ cudaVer }) }),
    facts: someFacts({ driver: found }),
  })[0];

describe("compiler.driver", () => {
  it.each([
    ["10.0", "410.47", "410.48"],
    ["10.1", "418.38", "418.39"],
    ["10.2", "440.32", "440.33"],
    ["10.2", "418.56", "440.33.01"],
    ["11.0", "450.80.01", "450.80.02"],
    ["11.2", "450.80.01", "450.80.02"],
    ["11.8", "450.51.06", "460.27.03"],
    ["12.6", "525.60.12", "525.60.13"],
    ["13.0", "575.99", "580"],
    ["13.2", "575.99", "580.65.06"],
  ])("for CUDA %s blocks %s and accepts %s", (cudaVer, old, enough) => {
    expect([driver(cudaVer, is(old)), driver(cudaVer, is(enough))]).toEqual(["DRIFT BLOCKING", "MATCH INFO"]);
  });

  it("says what is needed and what is there", () => {
    expect(findingsOf("compiler.driver", { facts: someFacts({ driver: is("418.56") }) })[0]).toMatchObject({
      path: "ModelPackagingConfiguration.Greengrass.CompilerOptions.cuda-ver",
      expected: "440.33 or later",
      actual: "418.56",
      because: "CUDA 10.2 needs driver 440.33 or later, but this machine has 418.56",
    });
  });

  it.each([
    ["DRIFT BLOCKING", "no driver is loaded", "10.2", NONE],
    ["UNKNOWN WARNING", "it could not be read", "10.2", UNREADABLE],
    ["UNKNOWN WARNING", "it is no version", "10.2", is("[N/A]")],
    ["UNKNOWN WARNING", "no table knows the CUDA", "14.0", is("999.0")],
    ["UNKNOWN WARNING", "no table knows the CUDA", "8.0", is("999.0")],
    ["UNKNOWN WARNING", "the job names no CUDA", null, is("440.33")],
  ])("answers %s where %s", (answer, _, cudaVer, found) => {
    expect(driver(cudaVer, found)).toBe(answer);
  });

  it.each([
    ["no table knows the CUDA", "14.0", is("999.0"), null, "No table says which driver CUDA 14.0 needs"],
    [
      "the job names no CUDA",
      null,
      UNREADABLE,
      null,
      "The description names no CUDA version, so the driver that it needs is not known",
    ],
    [
      "it is no version",
      "10.2",
      is("[N/A]"),
      "440.33 or later",
      '"[N/A]" is not a driver version that can be compared with 440.33',
    ],
  ])("says what is missing where %s", (_, cudaVer, found, expected, because) => {
    const job = someJob({ compilerOptions: gpuOptions({ cudaVer }) });
    const [finding] = findingsOf("compiler.driver", { job, facts: someFacts({ driver: found }) });
    expect(finding).toMatchObject({ expected, because });
  });

  it("cites the table's document, or packdrift's where there is no row", () => {
    const document = (cudaVer: string) =>
      findingsOf("compiler.driver", { job: someJob({ compilerOptions: gpuOptions({ cudaVer }) }) })[0]?.evidence.at(-1);
    expect(document("10.2")?.value).toBe(minimumDriver("10.2")?.document);
    expect(document("14.0")?.value).toBe(SOURCES.driver);
  });

  it("does not apply to a job for the CPU, nor to a Jetson whose GPU could not be read", () => {
    const because = (job: PackagingJob, facts: DeviceFacts) =>
      findingsOf("compiler.driver", { job, facts })[0]?.because;
    expect(because(cpuJob(), someFacts())).toContain("runs on the CPU");
    expect(because(xavierJob(), someXavier({ gpus: UNREADABLE }))).toContain("part of L4T");
    expect(because(someJob(), someFacts({ gpus: is([]) }))).toContain("no GPU that needs a driver");
  });

  it("is asked of the GPU that the model runs on, else of any card", () => {
    const tegra = someTegraGpu({ computeCapability: "8.7" });
    const both = is([tegra, someGpu()]);
    const on = (gpuCode: string, facts: DeviceFacts) =>
      answers("compiler.driver", { job: armJob({ gpuCode }), facts })[0];
    expect(on("sm_87", someXavier({ gpus: both, driver: is("440.33") }))).toBe("NOT_APPLICABLE INFO");
    expect(on("sm_75", someXavier({ gpus: both, driver: is("440.33") }))).toBe("MATCH INFO");
    expect(on("sm_90", someXavier({ gpus: both, driver: is("440.33") }))).toBe("MATCH INFO");
  });

  it("does not apply to Jetsons, whose driver is part of L4T", () => {
    expect(answers("compiler.driver", { job: xavierJob(), facts: someXavier() })).toEqual(["NOT_APPLICABLE INFO"]);
    // Orin's nvidia.ko drives the display only.
    const orin = someXavier({ gpus: is([someTegraGpu({ computeCapability: "8.7" })]), driver: is("35.4.1") });
    expect(answers("compiler.driver", { job: armJob({ gpuCode: "sm_87", cudaVer: "11.4" }), facts: orin })).toEqual([
      "NOT_APPLICABLE INFO",
    ]);
  });

  it("compares Thor's driver where it is known, since its GPU is a PCI device under nvidia.ko", () => {
    const gpus = is([someTegraGpu({ computeCapability: "11.0", pciId: "10de:2b00" })]);
    const job = armJob({ gpuCode: "sm_110", cudaVer: "13.0" });
    const on = (found: Reading<string>) =>
      answers("compiler.driver", { job, facts: someXavier({ gpus, driver: found }) });
    expect([on(is("580.00")), on(is("575.00")), on(NONE)].flat()).toEqual([
      "MATCH INFO",
      "DRIFT BLOCKING",
      "NOT_APPLICABLE INFO",
    ]);
  });

  it("applies to GB10, an ARM machine with an ordinary driver", () => {
    const facts = someXavier({
      jetson: NONE,
      l4t: NONE,
      gpus: is([someGpu({ computeCapability: "12.1", pciId: "10de:2e12" })]),
      driver: is("575.0"),
    });
    expect(answers("compiler.driver", { job: armJob({ gpuCode: "sm_121", cudaVer: "13.0" }), facts })).toEqual([
      "DRIFT BLOCKING",
    ]);
  });

  it("compares the card's driver where the model fits neither the card nor the Jetson's own GPU", () => {
    const gpus = is([someTegraGpu(), someGpu({ computeCapability: "6.1" })]);
    for (const found of [is("418.56"), NONE]) {
      const facts = someXavier({ gpus, driver: found });
      expect(answers("compiler.driver", { job: armJob({ gpuCode: "sm_80" }), facts })).toEqual(["DRIFT BLOCKING"]);
    }
  });

  it("says which of the description and the model's files leaves the CUDA version open", () => {
    const job = someJob({ compilerOptions: gpuOptions({ cudaVer: null }) });
    const because = (model: PackagedModel | null) => findingsOf("compiler.driver", { job, model })[0]?.because;
    expect(because(null)).toBe("The description names no CUDA version, so the driver that it needs is not known");
    expect(because(someModel({ cuda: [] }))).toBe(
      "Neither the description nor the model's files say which CUDA the model needs, so the driver that it needs is not known",
    );
  });

  it("does not apply without a GPU, and is UNKNOWN when the GPUs could not be read", () => {
    expect(answers("compiler.driver", { facts: someFacts({ gpus: is([]), driver: NONE }) })).toEqual([
      "NOT_APPLICABLE INFO",
    ]);
    expect(answers("compiler.driver", { facts: someFacts({ gpus: UNREADABLE }) })).toEqual(["UNKNOWN WARNING"]);
  });
});
