import { describe, expect, it } from "vitest";
import type { DeviceFacts, Library, Reading } from "../../../src/device/facts.js";
import {
  answers,
  armJob,
  findingsOf,
  gpuOptions,
  is,
  library,
  NONE,
  someFacts,
  someGpu,
  someJob,
  someXavier,
  UNREADABLE,
  xavierJob,
} from "../builders.js";

const beside = (version: string, loadable: boolean | null) => ({ version, from: `/opt/${version}`, loadable });
const cuda = (wanted: string | null, found: Reading<Library>) =>
  answers("compiler.cuda-ver", {
    job: someJob({ compilerOptions: gpuOptions({ cudaVer: wanted }) }),
    facts: someFacts({ cuda: found }),
  })[0];
const tensorrt = (wanted: string | null, found: Reading<Library>, capability = "8.6", gpuCode = "sm_80") =>
  answers("compiler.trt-ver", {
    job: someJob({ compilerOptions: gpuOptions({ trtVer: wanted, gpuCode }) }),
    facts: someFacts({ tensorrt: found, gpus: is([someGpu({ computeCapability: capability })]) }),
  })[0];

describe("compiler.cuda-ver", () => {
  it.each([
    ["MATCH INFO", "10.2", "10.2.89"],
    ["MATCH INFO", "10.2", "10.2.300"],
    ["MATCH INFO", "10.2.89", "10.2.300"],
    ["MATCH INFO", "10.2", "10.2"],
    ["DRIFT BLOCKING", "10.2", "10.1.243"],
    ["DRIFT BLOCKING", "10.2", "11.4"],
    ["DRIFT BLOCKING", "10.0", "9.0.252"],
    ["MATCH INFO", "11.2", "11.2.152"],
    ["DRIFT WARNING", "11.2", "11.4.298"],
    ["DRIFT WARNING", "11.4", "11.0"],
    ["DRIFT BLOCKING", "11.2", "10.2.89"],
    ["DRIFT BLOCKING", "11.8", "12.0"],
    ["DRIFT WARNING", "13.0", "13.2.75"],
    ["UNKNOWN WARNING", "10.2", "10"],
    ["DRIFT BLOCKING", "10.2", "11"],
    ["UNKNOWN WARNING", "11.2", "11"],
    ["UNKNOWN WARNING", "ten", "10.2"],
    ["UNKNOWN WARNING", "10.2", "unknown"],
  ])("answers %s for %s wanted and %s found", (answer, wanted, found) => {
    expect(cuda(wanted, library(found))).toBe(answer);
  });

  it.each([
    ["MATCH INFO", "10.2", "11.4.1", beside("10.2.89", true)],
    ["DRIFT BLOCKING", "10.2", "11.4.1", beside("10.2.89", false)],
    ["UNKNOWN WARNING", "10.2", "11.4.1", beside("10.2.89", null)],
    ["DRIFT WARNING", "11.2", "11.4.1", beside("11.2.0", false)],
    ["UNKNOWN WARNING", "11.2", "10.2.89", beside("11.4.0", null)],
    ["DRIFT WARNING", "11.2", "10.2.89", beside("11.4.0", true)],
  ])("answers %s for %s wanted where %s comes first and %j lies beside it", (answer, wanted, first, other) => {
    expect(cuda(wanted, library(first, other))).toBe(answer);
  });

  it("names the path of a version that the loader does not find", () => {
    const facts = someFacts({ cuda: library("11.4.1", beside("10.2.89", false)) });
    expect(findingsOf("compiler.cuda-ver", { facts })[0]).toMatchObject({
      actual: "11.4.1",
      because:
        "The model needs CUDA 10.2, which is installed (10.2.89 at /opt/10.2.89) but not found by the loader, which finds 11.4.1",
      evidence: [
        { from: "/place", value: "11.4.1, beside it 10.2.89 (not loadable)" },
        { from: "rule", value: expect.any(String) },
      ],
    });
  });

  it("names up to three places that have it when the loader finds no version", () => {
    const places = ["/home/a/lib", "/opt/b", "/opt/c", "/opt/d"];
    const seen = places.map((from) => ({ from, value: "10.2.89" }));
    expect(findingsOf("compiler.cuda-ver", { facts: someFacts({ cuda: { ...NONE, seen } }) })[0]).toMatchObject({
      outcome: "DRIFT",
      severity: "BLOCKING",
      actual: "not found by the loader",
      because:
        "The model needs CUDA 10.2, but the loader finds no CUDA: there is only /home/a/lib (10.2.89), /opt/b (10.2.89), /opt/c (10.2.89)",
    });
  });

  it.each([
    ["10.2.89", library("10.2.89")],
    ["10.2.89, beside it 11.4.1", library("10.2.89", beside("11.4.1", true))],
    ["10.2.89, beside it 11.4.1 (not loadable)", library("10.2.89", beside("11.4.1", false))],
  ])("shows %s in the evidence", (value, found) => {
    const [finding] = findingsOf("compiler.cuda-ver", { facts: someFacts({ cuda: found }) });
    expect(finding?.evidence[0]).toEqual({ from: "/place", value });
  });

  it.each([
    ["", "FIRM"],
    [" (declared by the operator)", "DECLARED"],
    [" (other places say otherwise, see the evidence)", "DISPUTED"],
    [" (only headers or folder names tell it, no file of CUDA itself)", "INFERRED"],
  ] as const)("marks with %j what is %s", (mark, confidence) => {
    const reading = { ...library("10.2.89"), confidence } as Reading<Library>;
    const [finding] = findingsOf("compiler.cuda-ver", { facts: someFacts({ cuda: reading }) });
    expect(finding?.because).toBe(`CUDA 10.2.89 is installed, and the model needs 10.2${mark}`);
  });

  it("distinguishes not installed from other version and from unreadable", () => {
    const whole = (reading: Reading<Library>) => {
      const [finding] = findingsOf("compiler.cuda-ver", { facts: someFacts({ cuda: reading }) });
      return [finding?.outcome, finding?.severity, finding?.actual, finding?.because];
    };
    expect([whole(NONE), whole(library("11.4")), whole(UNREADABLE)]).toEqual([
      ["DRIFT", "BLOCKING", "not installed", "The model needs CUDA 10.2, but CUDA is not installed on this machine"],
      ["DRIFT", "BLOCKING", "11.4", "The model needs CUDA 10.2, but this machine has 11.4"],
      [
        "UNKNOWN",
        "WARNING",
        null,
        "The model needs CUDA 10.2, but this machine's could not be read: permission denied",
      ],
    ]);
  });

  it("cannot tell when a job does not say what it needs", () => {
    expect(cuda(null, library("10.2.89"))).toBe("UNKNOWN WARNING");
    expect(cuda(null, NONE)).toBe("UNKNOWN WARNING");
  });

  it("shows the places that disagree", () => {
    const seen = [{ from: "/usr/local/cuda/version.txt", value: "11.0" }];
    const facts = someFacts({
      cuda: { ...is({ version: "10.2.89", installed: [] }), confidence: "DISPUTED", seen } as Reading<Library>,
    });
    expect(findingsOf("compiler.cuda-ver", { facts })[0]?.evidence).toContainEqual(seen[0]);
  });
});

describe("compiler.trt-ver", () => {
  it.each([
    ["MATCH INFO", "8.2.1", "8.2.1"],
    ["MATCH INFO", "8.2.1", "8.2.1.8"],
    ["MATCH INFO", "8.4", "8.4.3"],
    ["MATCH INFO", "8", "8.6.1"],
    ["DRIFT WARNING", "8.2.1", "8.2.0"],
    ["DRIFT WARNING", "8.2.1", "8.10.0"],
    ["DRIFT WARNING", "8.4", "8.5.2"],
    ["DRIFT BLOCKING", "8.2.1", "7.1.3"],
    ["DRIFT BLOCKING", "8.2.1", "10.3.0.30"],
    ["DRIFT BLOCKING", "7.1.3", "8.2.1"],
    ["UNKNOWN WARNING", "8.2.1", "8"],
    ["UNKNOWN WARNING", "8.2.1", "8.2"],
    ["DRIFT WARNING", "8.2.1", "8.5"],
    ["DRIFT BLOCKING", "8.2.1", "7"],
    ["UNKNOWN WARNING", "8.x", "8.2.1"],
    ["UNKNOWN WARNING", "8.2.1", "eight"],
  ])("answers %s for %s wanted and %s found", (answer, wanted, found) => {
    expect(tensorrt(wanted, library(found))).toBe(answer);
  });

  it.each([
    ["DRIFT WARNING", "7.1.3", "7.1.2"],
    ["MATCH INFO", "7.1.3", "7.1.3"],
    ["MATCH INFO", "7.1.3", "7.2.3"],
    ["MATCH INFO", "7.1.3", "7.99.99"],
    ["MATCH INFO", "7.1.3", "7.2"],
    ["MATCH INFO", "7.1.3.4", "7.1.3.0"],
    ["DRIFT BLOCKING", "7.1.3", "8.0.0"],
    ["DRIFT WARNING", "7.2.1", "7.2.3"],
    ["DRIFT WARNING", "7.0.0", "7.1.3"],
    ["UNKNOWN WARNING", "7.1.3", "7"],
    ["UNKNOWN WARNING", "7.1.3", "7.1"],
  ])("answers %s for %s wanted and %s found on a card below 8.0", (answer, wanted, found) => {
    expect(tensorrt(wanted, library(found), "7.5", "sm_75")).toBe(answer);
  });

  it("keeps the range to x86 below 8.0", () => {
    expect(tensorrt("7.1.3", library("7.2.3"), "8.0", "sm_80")).toBe("DRIFT WARNING");
    expect(answers("compiler.trt-ver", { job: armJob(), facts: someXavier({ tensorrt: library("7.2.3") }) })[0]).toBe(
      "DRIFT WARNING",
    );
  });

  it("keeps the range to platforms, which a target device is not", () => {
    const job = xavierJob({ compilerOptions: gpuOptions() });
    expect(answers("compiler.trt-ver", { job, facts: someFacts({ tensorrt: library("7.2.3") }) })).toEqual([
      "DRIFT WARNING",
    ]);
  });

  it("asks for a JetPack only where the job surely needs the GPU", () => {
    const targetPlatform = { os: "LINUX", arch: "ARM64", accelerator: "TPU" };
    expect(findingsOf("compiler.trt-ver", { job: armJob(), facts: someXavier() })).toHaveLength(2);
    expect(findingsOf("compiler.trt-ver", { job: armJob({}, { targetPlatform }), facts: someXavier() })).toHaveLength(
      1,
    );
  });

  it("judges the range by the card that the model runs on", () => {
    const gpus = is([someGpu({ computeCapability: "8.6", address: "0000:00:01.0" }), someGpu()]);
    expect(answers("compiler.trt-ver", { facts: someFacts({ gpus, tensorrt: library("7.2.3") }) })).toEqual([
      "MATCH INFO",
    ]);
  });

  it.each([
    ["MATCH INFO", "7.1.3"],
    ["MATCH INFO", "8.2.1"],
    ["DRIFT WARNING", "8.0.1"],
    ["DRIFT WARNING", "7.2.0"],
    ["DRIFT BLOCKING", "6.0.1"],
    ["DRIFT BLOCKING", "10.3.0"],
  ])("answers %s for jetson_xavier without options on %s", (answer, found) => {
    expect(answers("compiler.trt-ver", { job: xavierJob(), facts: someXavier({ tensorrt: library(found) }) })).toEqual([
      answer,
    ]);
  });

  it.each([
    ["the loader's choice of one major", "DRIFT WARNING", library("8.4.1", beside("8.2.1", false))],
    ["another major that the loader finds", "MATCH INFO", library("10.3.0", beside("8.2.1", true))],
    ["another major that it does not find", "DRIFT BLOCKING", library("10.3.0", beside("8.2.1", false))],
    ["another major of which that cannot be told", "UNKNOWN WARNING", library("10.3.0", beside("8.2.1", null))],
  ])("counts %s", (_, answer, found) => {
    expect(tensorrt("8.2.1", found)).toBe(answer);
  });

  it("requires CUDA 10.2 and TensorRT of jetson_xavier's own without options, both implied", () => {
    const facts = someXavier({ cuda: library("11.4.298"), tensorrt: NONE, container: is(true) });
    expect(answers("compiler.cuda-ver", { job: xavierJob(), facts })).toEqual(["DRIFT BLOCKING"]);
    expect(answers("compiler.trt-ver", { job: xavierJob(), facts })).toEqual(["DRIFT BLOCKING"]);
  });
});

describe("inferred libraries", () => {
  const nothing = { cuda: UNREADABLE, tensorrt: UNREADABLE } as const;
  const onL4t = (l4t: string, jetpack: string, changes: Partial<DeviceFacts> = {}) => {
    const facts = someXavier({ ...nothing, ...changes }, { l4t, jetpack });
    return [
      ...answers("compiler.cuda-ver", { job: xavierJob(), facts }),
      ...answers("compiler.trt-ver", { job: xavierJob(), facts }),
    ];
  };

  it("follow from L4T on a JetPack 4 or 5 host", () => {
    expect(onL4t("32.7.1", "4.6.1")).toEqual(["MATCH INFO", "MATCH INFO"]);
    expect(onL4t("35.4.1", "5.1.2")).toEqual(["DRIFT BLOCKING", "DRIFT WARNING"]);
  });

  it("are marked", () => {
    const facts = someXavier({ ...nothing }, { l4t: "32.7.1", jetpack: "4.6.1" });
    expect(findingsOf("compiler.trt-ver", { job: xavierJob(), facts })[0]).toMatchObject({
      actual: "8.2.1",
      because:
        "TensorRT 8.2.1 is what the model was packaged for (TensorRT inferred from L4T 32.7.1, no file of it was seen: not readable: permission denied)",
    });
  });

  it("are marked by the files of the library itself, not of the other one", () => {
    const facts = someXavier({ cuda: UNREADABLE, tensorrt: library("8.2.1") }, { l4t: "32.7.1", jetpack: "4.6.1" });
    expect(findingsOf("compiler.cuda-ver", { job: xavierJob(), facts })[0]?.because).toContain(
      "(CUDA inferred from L4T 32.7.1, no file of it was seen",
    );
  });

  it("are not made in a container, nor where it is unknown whether this is one, nor from JetPack 6 on", () => {
    const bare = ["UNKNOWN WARNING", "UNKNOWN WARNING"];
    expect(onL4t("32.7.1", "4.6.1", { container: is(true) })).toEqual(bare);
    expect(onL4t("32.7.1", "4.6.1", { container: UNREADABLE })).toEqual(bare);
    expect(onL4t("36.4.3", "6.2")).toEqual(bare);
  });

  it("are not made when the loader's folders were read and have no such library", () => {
    expect(onL4t("32.7.1", "4.6.1", { tensorrt: NONE })).toEqual(["MATCH INFO", "DRIFT BLOCKING"]);
  });

  it("do not overrule what was read", () => {
    expect(onL4t("32.7.1", "4.6.1", { cuda: library("11.4"), tensorrt: library("7.1.3") })).toEqual([
      "DRIFT BLOCKING",
      "MATCH INFO",
    ]);
  });
});
