import { describe, expect, it } from "vitest";
import { compare } from "../../../src/drift/compare.js";
import {
  answers,
  armJob,
  findingsOf,
  is,
  NONE,
  someFacts,
  someInput,
  someJob,
  someXavier,
  UNREADABLE,
  xavierJob,
} from "../builders.js";

const board = (jetson: Parameters<typeof someXavier>[1]) =>
  answers("target.device", { job: xavierJob(), facts: someXavier({}, jetson) })[0];

describe("target.device", () => {
  it.each([
    ["MATCH INFO", { product: "AGX Xavier" }],
    ["MATCH INFO", { product: "AGX Xavier Industrial" }],
    ["DRIFT WARNING", { product: "Xavier NX" }],
    ["DRIFT WARNING", { product: "Clara AGX" }],
    ["MATCH INFO", { product: null, module: "p2888-0004" }],
    ["MATCH INFO", { product: null, module: "p2888-0008" }],
    ["DRIFT WARNING", { product: null, module: "p3668-0001" }],
    ["UNKNOWN WARNING", { product: null, module: null }],
    ["UNKNOWN WARNING", { soc: null }],
    ["DRIFT BLOCKING", { product: "AGX Orin 64GB", soc: "tegra234" }],
    ["DRIFT BLOCKING", { product: "TX2", soc: "tegra186" }],
    ["DRIFT BLOCKING", { product: null, module: null, soc: "tegra210" }],
  ])("answers %s for %j", (answer, jetson) => {
    expect(board(jetson)).toBe(answer);
  });

  it.each([
    ["This is an AGX Xavier, the board that jetson_xavier means", { product: "AGX Xavier" }],
    ["This is a Jetson AGX Xavier, the board that jetson_xavier means", { product: "Jetson AGX Xavier" }],
    ["This is an AGX Xavier Industrial, which has", { product: "AGX Xavier Industrial" }],
    ["This is an AGX Xavier Industrial, which has", { product: null, module: "p2888-0008" }],
    ["This Vendor's AGX Xavier has the chip", { product: "Vendor's AGX Xavier" }],
    ["but this is a TX2 with another chip (tegra186)", { product: "TX2", soc: "tegra186" }],
    ["but this is an Orin with another chip (tegra234)", { product: "Orin", soc: "tegra234" }],
  ])("says %j of %j", (because, jetson) => {
    const [finding] = findingsOf("target.device", { job: xavierJob(), facts: someXavier({}, jetson) });
    expect(finding?.because).toContain(because);
  });

  it.each([
    ["AGX Xavier", {}],
    ["p2888-0001", { product: null }],
    ["tegra194", { product: null, module: null }],
    ["Jetson-AGX", { product: null, module: null, soc: null }],
    ["Jetson", { product: null, module: null, soc: null, model: null }],
  ])("calls a board %s, by the best that is known", (actual, jetson) => {
    const [finding] = findingsOf("target.device", { job: xavierJob(), facts: someXavier({}, jetson) });
    const chip = "soc" in jetson ? "unknown chip" : "tegra194";
    expect(finding).toMatchObject({ expected: "jetson_xavier", actual });
    expect(finding?.evidence[0]).toEqual({ from: "/place", value: `${actual}, ${chip}` });
  });

  it("notes that an Industrial is not the board that AWS tested", () => {
    const [finding] = findingsOf("target.device", {
      job: xavierJob(),
      facts: someXavier({}, { product: "AGX Xavier Industrial" }),
    });
    expect(finding?.because).toContain("Industrial");
  });

  it("blocks on a machine that is not a Jetson, without mentioning JetPack", () => {
    expect(answers("target.device", { job: xavierJob(), facts: someFacts() })).toEqual(["DRIFT BLOCKING"]);
  });

  it("is UNKNOWN when the board could not be read", () => {
    const facts = someXavier({ jetson: UNREADABLE, jetpack: UNREADABLE });
    expect(answers("target.device", { job: xavierJob(), facts })).toEqual(["UNKNOWN WARNING", "UNKNOWN WARNING"]);
  });

  it("does not apply to a platform job", () => {
    expect(answers("target.device", { job: armJob(), facts: someXavier() })).toEqual(["NOT_APPLICABLE INFO"]);
  });

  it("cannot tell for a device that the service did not know", () => {
    expect(answers("target.device", { job: xavierJob({ targetDevice: "jetson_orin" }), facts: someXavier() })).toEqual([
      "UNKNOWN WARNING",
    ]);
  });
});

describe("the JetPack", () => {
  const jetpack = (release: string | null, candidates: readonly string[] = []) =>
    someXavier({}, { jetpack: release, jetpackCandidates: release === null ? candidates : [release] });

  it.each([
    ["DRIFT WARNING", "4.3"],
    ["DRIFT WARNING", "4.4 DP"],
    ["MATCH INFO", "4.4"],
    ["MATCH INFO", "4.4.1"],
    ["MATCH INFO", "4.5"],
    ["MATCH INFO", "4.5.1"],
    ["DRIFT WARNING", "4.6"],
    ["MATCH INFO", "4.6.1"],
    ["DRIFT WARNING", "4.6.2"],
    ["DRIFT WARNING", "4.6.6"],
    ["DRIFT WARNING", "5.0.2"],
    ["DRIFT WARNING", "5.1.2"],
    ["DRIFT WARNING", "6.2"],
  ])("answers %s for %s", (answer, release) => {
    expect(answers("target.device", { job: xavierJob(), facts: jetpack(release) })[1]).toBe(answer);
    expect(answers("compiler.trt-ver", { job: armJob(), facts: jetpack(release) })[1]).toBe(answer);
  });

  it.each([
    ["DRIFT WARNING", ["6.x"]],
    ["DRIFT WARNING", ["3.2.1", "3.3"]],
    ["MATCH INFO", ["4.5", "4.5.1"]],
    ["UNKNOWN WARNING", ["4.6", "4.6.1"]],
    ["UNKNOWN WARNING", []],
  ])("answers %s where it can be any of %j", (answer, candidates) => {
    expect(answers("target.device", { job: xavierJob(), facts: jetpack(null, candidates) })[1]).toBe(answer);
  });

  it("cites both of AWS's documents on 4.6.1, which contradict each other", () => {
    const facts = someXavier({}, { jetpack: "4.6.1", l4t: "32.7.1" });
    const finding = findingsOf("target.device", { job: xavierJob(), facts })[1];
    expect(finding).toMatchObject({
      path: "ModelPackagingConfiguration.Greengrass.TargetDevice",
      expected: "JetPack 4.4 to 4.5.1 or 4.6.1",
      actual: "JetPack 4.6.1",
    });
    expect(finding?.evidence).toEqual([
      { from: "/place", value: "4.6.1" },
      { from: "/place", value: "32.7.1" },
      { from: "rule", value: "Lookout for Vision developer guide, device requirements: JetPack 4.4 to 4.6.1" },
      { from: "rule", value: expect.stringContaining("Greengrass developer guide") },
    ]);
  });

  it("is reported under trt-ver for platform jobs on a Jetson, once, and nowhere on other machines", () => {
    expect(findingsOf("compiler.trt-ver", { job: armJob(), facts: someXavier() })[1]?.path).toBe(
      "ModelPackagingConfiguration.Greengrass.CompilerOptions.trt-ver",
    );
    expect(answers("compiler.trt-ver", { job: xavierJob(), facts: someXavier() })).toHaveLength(1);
    expect(answers("compiler.trt-ver", { job: someJob(), facts: someFacts() })).toHaveLength(1);
  });

  it("never keeps a model from running by itself", () => {
    const { runnable } = compare(
      someInput({ job: xavierJob(), facts: someXavier({ driver: NONE, os: is("LINUX") }, { jetpack: "4.6.4" }) }),
    );
    expect(runnable).toBe("RUNNABLE_UNTESTED");
  });
});
