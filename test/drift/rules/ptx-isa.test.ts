import { describe, expect, it } from "vitest";
import type { DeviceFacts } from "../../../src/device/facts.js";
import { remedies } from "../../../src/drift/remedies.js";
import { PATHS } from "../../../src/job/requirements.js";
import type { PackagedModel } from "../../../src/model/model.js";
import { findingsOf, is, NONE, someFacts, someInput, someLibcuda, someXavier, UNREADABLE } from "../builders.js";
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

  it("is told beside a job only where something is wrong", () => {
    expect(answers(withIsa("6.5"), someFacts(), true)).toEqual([]);
    expect(answers(withIsa("7.8"), someFacts(), true)).toEqual(["DRIFT BLOCKING"]);
  });

  it("takes the release of libcuda, whose package brings what translates", () => {
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
