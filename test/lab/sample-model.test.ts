import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { linuxHost } from "../../src/device/linux-host.js";
import { fittingModel, type SampleModel, writeSampleModel } from "../../src/lab/sample-model.js";
import { readModel } from "../../src/model/read-model.js";
import { someFacts, someXavier } from "../drift/builders.js";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "packdrift-sample-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function read(model: SampleModel) {
  await writeSampleModel(folder, model);
  return readModel(linuxHost("/"), [folder]);
}

describe("writeSampleModel", () => {
  it("writes a model for a CPU that the reader reads whole", async () => {
    expect(await read({ arch: "ARM64", gpu: null })).toMatchObject({
      arch: { value: "ARM64" },
      accelerator: { value: "CPU" },
      tensorrt: [],
      codes: [],
      loads: [{ value: "libc.so.6" }],
      unread: [],
    });
  });

  it("writes a model for a GPU that the reader reads whole", async () => {
    const gpu = { tensorrt: ["7", "1", "3"], sm: "sm_72", ptxIsa: "6.5" } as const;

    expect(await read({ arch: "X86_64", gpu })).toMatchObject({
      arch: { value: "X86_64" },
      accelerator: { value: "NVIDIA" },
      tensorrt: [{ value: "7.1.3", how: "BLOB" }],
      codes: [{ value: { kind: "PTX", sm: "sm_72" } }],
      ptxIsa: { value: "6.5" },
      unread: [],
    });
  });
});

describe("fittingModel", () => {
  it("is for this machine's own GPU and libraries, or for its CPU", () => {
    expect(fittingModel(someXavier())).toMatchObject({ arch: "ARM64", gpu: { sm: "sm_72", ptxIsa: "6.5" } });
    expect(fittingModel(someFacts({ accelerator: { state: "absent", from: "/sys" } }))).toMatchObject({ gpu: null });
  });
});
