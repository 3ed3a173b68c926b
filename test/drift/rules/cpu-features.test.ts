import { describe, expect, it } from "vitest";
import type { DeviceFacts } from "../../../src/device/facts.js";
import {
  AVX2_FEATURES,
  answers,
  CARMEL_FEATURES,
  cpuJob,
  findingsOf,
  is,
  NO_OPTIONS,
  NONE,
  someCpu,
  someFacts,
  someJob,
  someOptions,
  someXavier,
  UNREADABLE,
} from "../builders.js";

const AVX512 = [
  ...AVX2_FEATURES,
  "adx",
  "avx512bw",
  "avx512cd",
  "avx512dq",
  "avx512f",
  "avx512vl",
  "clflushopt",
  "clwb",
  "rdseed",
  "xsavec",
  "xsaveopt",
];
const withFeatures = (features: readonly string[]): DeviceFacts => someFacts({ cpu: is(someCpu({ features })) });
const mcpu = (name: string, facts: DeviceFacts) =>
  answers("compiler.mcpu", { job: cpuJob(someOptions({ mcpu: name })), facts })[0];
const mattr = (flags: string[], facts: DeviceFacts, arch = "X86_64") =>
  answers("compiler.mattr", { job: cpuJob(someOptions({ mattr: flags }), arch), facts })[0];
const carmelWith = (features: readonly string[]) => someXavier({ cpu: is(someCpu({ features })) });
const carmel = (kernel: string) => someXavier({ kernelRelease: is(kernel) });

describe("compiler.mcpu", () => {
  it.each(["avx2", "fma", "bmi2", "movbe", "abm", "f16c", "sse4_2"])("blocks core-avx2 without %s", (feature) => {
    expect(mcpu("core-avx2", withFeatures(AVX2_FEATURES.filter((one) => one !== feature)))).toBe("DRIFT BLOCKING");
  });

  it.each(["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"])(
    "blocks skylake-avx512 without %s",
    (feature) => {
      expect(mcpu("skylake-avx512", withFeatures(AVX512))).toBe("MATCH INFO");
      expect(mcpu("skylake-avx512", withFeatures(AVX512.filter((one) => one !== feature)))).toBe("DRIFT BLOCKING");
    },
  );

  it.each([
    ["MATCH INFO", "core-avx2", someFacts()],
    ["MATCH INFO", "x86-64", withFeatures([])],
    ["MATCH INFO", "generic", withFeatures([])],
    ["UNKNOWN WARNING", "pentium-x", someFacts()],
    ["UNKNOWN WARNING", "core-avx2", someFacts({ cpu: UNREADABLE })],
    ["DRIFT BLOCKING", "core-avx2", someXavier()],
    ["DRIFT BLOCKING", "cortex-a72", someFacts()],
    ["MATCH INFO", "carmel", someXavier()],
  ])("answers %s for %s", (answer, name, facts) => {
    expect(mcpu(name, facts)).toBe(answer);
  });

  it("names what the processor lacks, and that the service chose core-avx2", () => {
    const facts = withFeatures(AVX2_FEATURES.filter((one) => one !== "avx2" && one !== "fma"));
    expect(findingsOf("compiler.mcpu", { job: cpuJob(NO_OPTIONS), facts })[0]).toMatchObject({
      expected: "core-avx2",
      actual: "Xeon",
      outcome: "DRIFT",
      because: "The model is compiled for core-avx2, the service's default, but this processor lacks avx2, fma",
    });
  });

  it("says why a processor could not be read, and shows one without a name", () => {
    const finding = (cpu: DeviceFacts["cpu"]) =>
      findingsOf("compiler.mcpu", { job: cpuJob(), facts: someFacts({ cpu }) })[0];
    expect(finding(UNREADABLE)).toMatchObject({
      actual: null,
      because: "This machine's processor could not be read: permission denied",
    });
    expect(finding(NONE)?.because).toBe("This machine's processor could not be read");
    expect(finding(is(someCpu({ name: null })))).toMatchObject({
      actual: "a processor without a name",
      evidence: [{ from: "/place", value: "processor with 20 features" }, expect.anything()],
      because: "This processor has every feature of core-avx2",
    });
    expect(finding(is(someCpu()))?.evidence[0]).toEqual({ from: "/place", value: "Xeon with 20 features" });
  });

  it("compares features, not architectures, where the machine's is not known", () => {
    expect(mcpu("core-avx2", someFacts({ arch: UNREADABLE }))).toBe("MATCH INFO");
  });

  it("is UNKNOWN when an x86 CPU job's options could not be read", () => {
    expect(answers("compiler.mcpu", { job: cpuJob(someOptions({ form: "unparseable", problems: ["x"] })) })).toEqual([
      "UNKNOWN WARNING",
    ]);
  });

  it("does not apply to a job without a CPU target", () => {
    expect(answers("compiler.mcpu", { job: someJob() })).toEqual(["NOT_APPLICABLE INFO"]);
    expect(answers("compiler.mcpu", { job: cpuJob(NO_OPTIONS, "ARM64"), facts: someXavier() })).toEqual([
      "NOT_APPLICABLE INFO",
    ]);
  });

  it("counts it as weak evidence when an old ARM kernel does not list a feature", () => {
    expect(mcpu("neoverse-n1", carmel("4.9.253-tegra"))).toBe("UNKNOWN WARNING");
    expect(mcpu("neoverse-n1", carmel("5.9.1"))).toBe("UNKNOWN WARNING");
    expect(mcpu("neoverse-n1", carmel("10.2.0"))).toBe("DRIFT BLOCKING");
    expect(mcpu("neoverse-n1", carmel("vendor-6.1"))).toBe("UNKNOWN WARNING");
    expect(mcpu("neoverse-n1", carmel("5.10.104-tegra"))).toBe("DRIFT BLOCKING");
    expect(mcpu("neoverse-n1", someXavier({ kernelRelease: UNREADABLE }))).toBe("UNKNOWN WARNING");
  });

  it("counts it as proof when an old ARM kernel does not list a feature that it knows", () => {
    const cpu = is(someCpu({ features: CARMEL_FEATURES.filter((one) => one !== "atomics") }));
    expect(mcpu("neoverse-n1", someXavier({ cpu }))).toBe("DRIFT BLOCKING");
    expect(mcpu("core-avx2", someFacts({ kernelRelease: is("3.10.0"), cpu: is(someCpu({ features: [] })) }))).toBe(
      "DRIFT BLOCKING",
    );
  });
});

describe("compiler.mattr", () => {
  it.each([
    ["MATCH INFO", ["+neon"], carmel("4.9.140"), "ARM64"],
    ["MATCH INFO", ["+neon", "+vfpv4"], carmel("4.9.140"), "ARM64"],
    ["DRIFT BLOCKING", ["+neon"], someXavier({ cpu: is(someCpu({ features: ["fp"] })) }), "ARM64"],
    ["UNKNOWN WARNING", ["+dotprod"], carmel("4.9.140"), "ARM64"],
    ["DRIFT BLOCKING", ["+dotprod"], carmel("5.10.104"), "ARM64"],
    ["MATCH INFO", ["+avx2", "+sse4.2"], someFacts(), "X86_64"],
    ["MATCH INFO", ["avx2"], someFacts(), "X86_64"],
    ["MATCH INFO", ["-avx512f"], someFacts(), "X86_64"],
    ["DRIFT BLOCKING", ["+avx2", "+avx512f"], someFacts(), "X86_64"],
    ["DRIFT BLOCKING", ["+neon"], someFacts(), "X86_64"],
    ["UNKNOWN WARNING", ["+teleport"], someFacts(), "X86_64"],
    ["UNKNOWN WARNING", ["+tele-port"], someFacts(), "X86_64"],
    ["MATCH INFO", ["+aes"], someFacts({ cpu: is(someCpu({ features: ["aes"] })) }), "X86_64"],
    ["DRIFT BLOCKING", ["+aes"], carmelWith(["aes"]), "ARM64"],
    ["MATCH INFO", ["+fp-armv8"], carmelWith(["fp"]), "ARM64"],
    ["DRIFT BLOCKING", ["+teleport", "+avx512f"], someFacts(), "X86_64"],
    ["UNKNOWN WARNING", ["+avx2"], someFacts({ cpu: UNREADABLE }), "X86_64"],
    ["UNKNOWN WARNING", ["+avx2"], someFacts({ arch: UNREADABLE }), "X86_64"],
    ["MATCH INFO", ["-avx512f"], someFacts({ arch: UNREADABLE }), "X86_64"],
  ])("answers %s for %j", (answer, flags, facts, arch) => {
    expect(mattr(flags, facts, arch)).toBe(answer);
  });

  it("says why it cannot tell for each flag, and why a processor could not be read", () => {
    const finding = (facts: DeviceFacts, ...flags: string[]) =>
      findingsOf("compiler.mattr", { job: cpuJob(someOptions({ mattr: flags })), facts })[0];
    expect(finding(someFacts(), "+teleport", "+warp")?.because).toBe(
      'Whether this processor has teleport, warp is not known: no table has the feature "teleport"',
    );
    expect(finding(someFacts({ cpu: UNREADABLE }), "+avx2")?.because).toContain("could not be read: permission denied");
    expect(finding(someFacts(), "+avx2")).toMatchObject({
      actual: "+avx2",
      evidence: [{ from: "/place", value: "Xeon with 20 features" }, expect.anything()],
    });
    expect(finding(someFacts(), "-avx2", "+teleport")?.because).toContain("has teleport is not known");
  });

  it("does not apply to a job without flags", () => {
    expect(answers("compiler.mattr", {})).toEqual(["NOT_APPLICABLE INFO"]);
  });

  it("names the flags that the processor lacks", () => {
    const job = cpuJob(someOptions({ mattr: ["+avx2", "+avx512f", "+gfni"] }));
    expect(findingsOf("compiler.mattr", { job })[0]).toMatchObject({
      path: "ModelPackagingConfiguration.Greengrass.CompilerOptions.mattr",
      expected: "+avx2, +avx512f, +gfni",
      actual: "without avx512f, gfni",
    });
  });
});
