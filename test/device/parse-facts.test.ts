import { describe, expect, it } from "vitest";
import { ShapeError } from "../../src/base/shape.js";
import { detectFacts } from "../../src/device/detect.js";
import { parseFacts } from "../../src/device/parse-facts.js";
import { summarize } from "../../src/device/summary.js";
import { fakeHost, someUname } from "./fake-host.js";

const FACTS = detectFacts(
  fakeHost(
    {
      "/etc/nv_tegra_release": "# R32 (release), REVISION: 7.1, GCID: 1",
      "/proc/device-tree/compatible": "nvidia,p2822-0000+p2888-0001\0nvidia,tegra194\0",
      "/usr/lib/aarch64-linux-gnu/libnvinfer.so.8.2.1": "",
      "/etc/os-release": { unreadable: "permission denied" },
    },
    someUname("aarch64"),
  ),
);
const printed = () => JSON.parse(JSON.stringify(summarize(FACTS)));

describe("parseFacts", () => {
  it("refuses texts that a terminal would act on", () => {
    const readings = { os: { state: "known", value: "LINUX\x1b[2J", from: "uname", confidence: "FIRM" } };

    expect(() => parseFacts({ readings })).toThrow(
      '"readings.os.value" must be a string without control characters, is "LINUX\\u001b[2J"',
    );
  });

  it("rebuilds every reading from what facts --json printed", () => {
    expect(parseFacts(printed())).toEqual(FACTS);
  });

  it("treats a reading that a file leaves out as not stated", () => {
    const { tensorrt: _, ...readings } = printed().readings;

    expect(parseFacts({ ...printed(), readings }).tensorrt).toEqual({
      state: "unreadable",
      from: "fact file",
      why: "not stated",
    });
  });

  it("reads plain values, and null as not stated", () => {
    const facts = parseFacts({
      os: "LINUX",
      arch: "X86_64",
      gpus: [],
      accelerator: null,
      cuda: "10.2",
      cudnn: null,
      jetson: null,
    });

    expect(facts.cuda).toEqual({
      state: "known",
      value: { version: "10.2", installed: [] },
      from: "fact file",
      confidence: "FIRM",
    });
    expect(facts.cudnn).toEqual({ state: "unreadable", from: "fact file", why: "not stated" });
    expect([facts.accelerator.state, facts.jetson.state, facts.l4t.state]).toEqual(["absent", "absent", "absent"]);
    expect(parseFacts({ arch: "ARM64" }).accelerator.state).toBe("unreadable");
  });

  it("treats plain GPUs as usable when the accelerator is NVIDIA and no other driver holds them", () => {
    const gpus = [
      { integrated: false, computeCapability: "7.5" },
      { integrated: false, computeCapability: "8.6", boundTo: "vfio-pci" },
    ];

    expect(parseFacts({ accelerator: "NVIDIA", gpus }).gpus).toMatchObject({
      value: [{ usable: true }, { usable: false }],
    });
    expect(parseFacts({ accelerator: null, gpus }).gpus).toMatchObject({
      value: [{ usable: false }, { usable: false }],
    });
  });

  it("implies features only where the flags say what the processor lacks", () => {
    const features = (cpu: object) => {
      const { cpu: reading } = parseFacts({ os: "LINUX", cpu });
      return reading.state === "known" ? reading.value.features : null;
    };

    expect(features({ "core-avx2": true })).toEqual([]);
    expect(features({ avx2: false, "core-avx2": false })).toEqual(["fpu"]);
    expect(features({ "core-avx2": true, "skylake-avx512": false })).toContain("bmi2");
    expect(features({ "core-avx2": true, "skylake-avx512": true })).toContain("avx512vl");
    expect(features({ name: "Cortex-A57" })).toEqual([]);
  });

  it.each([
    [null, "the text must be an object, is null"],
    [[], "the text must be an object, is a list of 0"],
    ["{}", 'the text must be an object, is "{}"'],
    [{}, '"readings" must be there, or os, arch or gpus, is missing'],
    [{ schema: "packdrift.facts/2" }, '"schema" must be "packdrift.facts/1", is "packdrift.facts/2"'],
    [{ readings: 1 }, '"readings" must be an object, is 1'],
    [{ arch: "ARM" }, '"arch" must be "ARM64" or "X86_64", is "ARM"'],
    [{ gpus: "T4" }, '"gpus" must be a list, is "T4"'],
    [{ gpus: [{ integrated: "no" }] }, '"gpus[0].integrated" must be true or false, is "no"'],
    [{ os: "x".repeat(5000) }, '"os" must be at most 4096 characters, is a string of 5000 characters'],
    [
      {
        readings: { cuda: { state: "known", from: "x", confidence: "FIRM", value: { version: 10.2, installed: [] } } },
      },
      '"readings.cuda.value.version" must be a string, is 10.2',
    ],
    [
      { readings: { os: { state: "guessed", from: "x" } } },
      '"readings.os.state" must be "known" or "absent" or "unreadable", is "guessed"',
    ],
    [
      { readings: { memory: { state: "known", from: "x", confidence: "FIRM", value: { totalBytes: -1 } } } },
      '"readings.memory.value.totalBytes" must be a number from 0 up, is -1',
    ],
  ])("refuses %j", (json, message) => {
    expect(() => parseFacts(json)).toThrow(ShapeError);
    expect(() => parseFacts(json)).toThrow(message);
  });

  it("reads nothing from prototypes, and handles deep nesting", () => {
    const polluting = JSON.parse(
      '{"os": "LINUX", "__proto__": {"arch": "ARM64", "polluted": true}, "constructor": {"x": 1}}',
    );
    let deep: unknown = "x";
    for (let i = 0; i < 5000; i++) deep = { deep, readings: 1 };

    expect(parseFacts(Object.assign(Object.create({ arch: "ARM64" }), { os: "LINUX" })).arch.state).toBe("unreadable");
    expect(parseFacts(polluting).arch.state).toBe("unreadable");
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(() => parseFacts(deep)).toThrow(ShapeError);
  });
});
