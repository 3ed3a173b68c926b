import { describe, expect, it } from "vitest";
import type { DeviceFacts } from "../../../src/device/facts.js";
import { needsOf } from "../../../src/drift/needs.js";
import { remedies } from "../../../src/drift/remedies.js";
import { ptxFindings } from "../../../src/drift/rules/ptx-isa.js";
import { PATHS } from "../../../src/job/requirements.js";
import type { PackagedModel } from "../../../src/model/model.js";
import {
  findingsOf,
  is,
  NONE,
  someFacts,
  someGpu,
  someInput,
  someLibcuda,
  someTegraGpu,
  someXavier,
  tegraLibcuda,
  UNREADABLE,
} from "../builders.js";
import { code, someModel, states, xavierModel } from "../model-builders.js";

const PTX = { codes: [code("sm_75", "PTX")] };

/** The finding about the PTX, without that about CUDA. */
function answers(model: PackagedModel, facts: DeviceFacts, withJob = false): string[] {
  const found = findingsOf("compiler.driver", withJob ? { model, facts } : { job: null, model, facts });
  return found
    .filter(({ path }) => path === PATHS.gpuCode && found.length > 1)
    .map(({ outcome, severity }) => `${outcome} ${severity}`);
}

function withIsa(isa: string, over: Partial<PackagedModel> = PTX): PackagedModel {
  return someModel({ ptxIsa: states(isa), ...over });
}

describe("compiler.driver for PTX", () => {
  it.each([
    ["6.5", "440.95.01", "MATCH INFO"],
    ["7.0", "440.95.01", "DRIFT BLOCKING"],
    ["7.4", "470.42.01", "MATCH INFO"],
    ["7.4", "450.80.02", "DRIFT BLOCKING"],
    ["8.2", "530.30.02", "DRIFT BLOCKING"],
    ["8.2", "535.54.03", "MATCH INFO"],
    ["9.9", "580.95.05", "UNKNOWN WARNING"],
  ])("PTX %s under driver %s: %s", (isa, driver, expected) => {
    expect(answers(withIsa(isa), someFacts({ driver: is(driver) }))).toEqual([expected]);
  });

  it("is not served by minor-version compatibility, which is for libraries", () => {
    const facts = someFacts({ driver: is("450.80.02") });
    const found = findingsOf("compiler.driver", {
      job: null,
      model: withIsa("7.8", { ...PTX, cuda: [states("11.8")] }),
      facts,
    });

    expect(found.map(({ outcome }) => outcome)).toEqual(["MATCH", "DRIFT"]);
    expect(found[1]?.because).toBe(
      "The model's GPU code needs a driver that translates PTX 7.8 (CUDA 11.8), but this machine has driver 450.80.02, which refuses newer PTX, and the model holds no cubin for this GPU",
    );
  });

  it("does not matter where a cubin fits, and where no code fits at all", () => {
    expect(answers(withIsa("7.8", { codes: [code("sm_75"), code("sm_75", "PTX")] }), someFacts())).toEqual([]);
    expect(answers(withIsa("7.8", { codes: [code("sm_80", "PTX")] }), someFacts())).toEqual([]);
  });

  it("does not apply to a model without PTX, and is left out for a job when nothing is wrong", () => {
    const found = (changes: Parameters<typeof someInput>[0]) => {
      const input = someInput(changes);
      return ptxFindings({ ...input, needs: needsOf(input) });
    };
    expect(found({})).toEqual([]);
    expect(found({ model: someModel() })).toEqual([]);
    expect(found({ model: withIsa("7.8", { codes: [code("sm_75")] }) })).toEqual([]);
    expect(found({ model: withIsa("6.5") })).toEqual([]);
    expect(found({ job: null, model: withIsa("6.5") })).toHaveLength(1);
  });

  it("says why it cannot tell whether the driver translates it", () => {
    const about = (model: PackagedModel, facts: DeviceFacts) =>
      findingsOf("compiler.driver", { job: null, model, facts }).find(({ path }) => path === PATHS.gpuCode);
    expect(about(withIsa("9.9"), someFacts())).toMatchObject({
      expected: "PTX 9.9",
      because: "No table says which CUDA release PTX 9.9 came with",
    });
    const unknown = "Whether this machine's driver translates the model's PTX is not known: ";
    expect(about(withIsa("8.6"), someFacts())?.because).toBe(`${unknown}no table has the driver of CUDA 12.7`);
    expect(about(withIsa("7.8"), someFacts({ driver: UNREADABLE, libcuda: NONE }))?.because).toBe(
      `${unknown}its release could not be read`,
    );
    const model = xavierModel({ ptxIsa: states("7.4"), codes: [code("sm_72", "PTX")] });
    const onJetson = "Which PTX the driver of this Jetson translates is not known: ";
    expect(about(model, someXavier({ l4t: is("99.1") }))?.because).toBe(`${onJetson}its L4T release names no CUDA`);
    expect(about(model, someXavier({ l4t: NONE }))?.because).toBe(`${onJetson}its L4T release names no CUDA`);
    const compat = is(tegraLibcuda({ compat: true }));
    expect(about(model, someXavier({ libcuda: compat }))?.because).toBe(
      `${onJetson}its libcuda is that of NVIDIA's compatibility package`,
    );
    expect(about(model, someXavier({ libcuda: UNREADABLE }))?.outcome).toBe("DRIFT");
  });

  it("uses the module's release when the loader does not find the newer libcuda", () => {
    const facts = someFacts({
      driver: is("450.80.02"),
      libcuda: is(someLibcuda({ version: "520.61.05", loadable: false })),
    });
    expect(answers(withIsa("7.8"), facts)).toEqual(["DRIFT BLOCKING"]);
  });

  it("goes by the driver's release on Thor, whose GPU is a PCI device, and on a card without a PCI number", () => {
    const thor = someTegraGpu({ chip: "GB10B", computeCapability: "11.0", pciId: "10de:2b00" });
    const model = xavierModel({ ptxIsa: states("9.0"), codes: [code("sm_110", "PTX")] });
    const onThor = someXavier({ gpus: is([thor]), driver: is("580.95.05"), libcuda: NONE, l4t: is("38.2.0") });
    expect(answers(model, onThor)).toEqual(["MATCH INFO"]);
    expect(answers(model, { ...onThor, driver: is("570.124.06") })).toEqual(["DRIFT BLOCKING"]);
    expect(answers(withIsa("7.0"), someFacts({ gpus: is([someGpu({ pciId: null })]) }))).toEqual(["DRIFT BLOCKING"]);
  });

  it("is reported for a job only where something is wrong", () => {
    expect(answers(withIsa("6.5"), someFacts(), true)).toEqual([]);
    expect(answers(withIsa("7.8"), someFacts(), true)).toEqual(["DRIFT BLOCKING"]);
  });

  it("uses the release of libcuda, whose package includes the translator", () => {
    const facts = someFacts({
      driver: is("450.80.02"),
      libcuda: is(someLibcuda({ version: "520.61.05", compat: true })),
    });

    expect(answers(withIsa("7.8"), facts)).toEqual(["MATCH INFO"]);
  });

  it("is unknown where the driver's release is not known, and proves nothing where the ISA was only inferred", () => {
    expect(answers(withIsa("7.8"), someFacts({ driver: UNREADABLE, libcuda: NONE }))).toEqual(["UNKNOWN WARNING"]);
    const inferred = someModel({ ptxIsa: states("7.8", "FATBIN", { confidence: "INFERRED" }), ...PTX });
    expect(answers(inferred, someFacts())).toEqual(["UNKNOWN WARNING"]);
  });

  it.each([
    ["6.5", "32.4.3", "MATCH INFO"],
    ["7.4", "32.4.3", "DRIFT BLOCKING"],
    ["7.4", "35.4.1", "MATCH INFO"],
    ["7.4", "99.1", "UNKNOWN WARNING"],
  ])("PTX %s on a Jetson with L4T %s, whose driver knows the CUDA of its JetPack: %s", (isa, l4t, expected) => {
    const model = xavierModel({ ptxIsa: states(isa), codes: [code("sm_72", "PTX")] });

    expect(answers(model, someXavier({ l4t: is(l4t) }))).toEqual([expected]);
  });

  it.each([
    [
      "a card",
      someModel({ ptxIsa: states("7.4"), ...PTX }),
      someFacts(),
      "NVIDIA driver 470.42.01 or later keeps CUDA and TensorRT",
    ],
    [
      "a Jetson",
      xavierModel({ ptxIsa: states("7.4"), codes: [code("sm_72", "PTX")], tensorrt: [states("8.4.1")] }),
      someXavier(),
      "JetPack 5.0.2 (L4T 35.1.0) brings the driver of CUDA 11.4",
    ],
    [
      "a Jetson whose newer JetPack would take the model's TensorRT away",
      xavierModel({ ptxIsa: states("7.4"), codes: [code("sm_72", "PTX")] }),
      someXavier(),
      "Nothing on this machine helps: no JetPack for this Jetson brings the driver of CUDA 11.4, and with it TensorRT 7.1.3",
    ],
    [
      "a Jetson that no JetPack brings that far",
      xavierModel({ ptxIsa: states("7.8"), codes: [code("sm_72", "PTX")] }),
      someXavier(),
      "Nothing on this machine helps: no JetPack for this Jetson brings the driver of CUDA 11.8",
    ],
  ])("has a fix on %s", (_, model, facts, fix) => {
    const { verdict } = remedies(someInput({ job: null, model, facts }), []);

    expect(verdict.findings.find(({ path, outcome }) => path === PATHS.gpuCode && outcome === "DRIFT")?.remedy).toEqual(
      [fix],
    );
  });
});
