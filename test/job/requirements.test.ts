import { describe, expect, it } from "vitest";
import { requirementsOf } from "../../src/job/requirements.js";
import { armJob, cpuJob, gpuOptions, NO_OPTIONS, someJob, someOptions, xavierJob } from "../drift/builders.js";

const GREENGRASS = "ModelPackagingConfiguration.Greengrass";

describe("requirementsOf", () => {
  it("names every property of a platform job as AWS spells it", () => {
    expect(requirementsOf(armJob({ gpuCode: "sm_72", mattr: ["+neon"], mcpu: "carmel" }))).toEqual({
      gpu: "NEEDED",
      os: { path: `${GREENGRASS}.TargetPlatform.Os`, value: "LINUX", basis: "JOB" },
      arch: { path: `${GREENGRASS}.TargetPlatform.Arch`, value: "ARM64", basis: "JOB" },
      accelerator: { path: `${GREENGRASS}.TargetPlatform.Accelerator`, value: "NVIDIA", basis: "JOB" },
      device: null,
      gpuCode: { path: `${GREENGRASS}.CompilerOptions.gpu-code`, value: "sm_72", basis: "JOB" },
      cudaVer: { path: `${GREENGRASS}.CompilerOptions.cuda-ver`, value: "10.2", basis: "JOB" },
      trtVer: { path: `${GREENGRASS}.CompilerOptions.trt-ver`, value: ["7.1.3"], basis: "JOB" },
      mcpu: { path: `${GREENGRASS}.CompilerOptions.mcpu`, value: "carmel", basis: "JOB" },
      mattr: { path: `${GREENGRASS}.CompilerOptions.mattr`, value: ["+neon"], basis: "JOB" },
    });
  });

  it("derives architecture, GPU code and libraries from jetson_xavier", () => {
    const path = `${GREENGRASS}.TargetDevice`;
    expect(requirementsOf(xavierJob())).toEqual({
      gpu: "NEEDED",
      os: { path, value: "LINUX", basis: "TARGET_DEVICE" },
      arch: { path, value: "ARM64", basis: "TARGET_DEVICE" },
      accelerator: { path, value: "NVIDIA", basis: "TARGET_DEVICE" },
      device: { path, value: "jetson_xavier", basis: "JOB" },
      gpuCode: { path, value: "sm_72", basis: "TARGET_DEVICE" },
      cudaVer: { path, value: "10.2", basis: "TARGET_DEVICE" },
      trtVer: { path, value: ["7.1.3", "8.2.1"], basis: "TARGET_DEVICE" },
      mcpu: null,
      mattr: null,
    });
  });

  it("uses the options of a preview job as given and adds none", () => {
    const { cudaVer, trtVer, gpuCode } = requirementsOf(
      xavierJob({ compilerOptions: someOptions({ trtVer: "5.1.6" }) }),
    );
    expect([gpuCode?.value, trtVer?.value, cudaVer]).toEqual(["sm_72", ["5.1.6"], null]);
  });

  it.each([
    ["the options could not be read", someOptions({ form: "unparseable" })],
    ["the options could be read in part", someOptions({ problems: ["x"] })],
    ["a preview job has options for its GPU alone", someOptions({ gpuCode: "sm_72" })],
  ])("requires no libraries where %s", (_, compilerOptions) => {
    const { cudaVer, trtVer } = requirementsOf(xavierJob({ compilerOptions }));
    expect([cudaVer, trtVer]).toEqual([null, null]);
  });

  it("requires no libraries for a target other than jetson_xavier", () => {
    const { cudaVer, trtVer, gpuCode } = requirementsOf(xavierJob({ targetDevice: "jetson_orin" }));
    expect([cudaVer, trtVer, gpuCode]).toEqual([null, null, null]);
  });

  it("assumes core-avx2 for an x86 CPU job without mcpu, as the service did", () => {
    const mcpu = { path: `${GREENGRASS}.CompilerOptions.mcpu`, value: "core-avx2", basis: "SERVICE_DEFAULT" };
    expect(requirementsOf(cpuJob(NO_OPTIONS)).mcpu).toEqual(mcpu);
    expect(requirementsOf(cpuJob(someOptions({ mattr: ["+avx"] }))).mcpu).toEqual(mcpu);
  });

  it.each([
    ["an ARM CPU job", cpuJob(NO_OPTIONS, "ARM64")],
    ["an x86 GPU job", someJob()],
    ["options that could not be read in full", cpuJob(someOptions({ problems: ["mcpu is no text"] }))],
    ["options that could not be read", cpuJob(someOptions({ form: "unparseable" }))],
  ])("assumes no processor for %s", (_, job) => {
    expect(requirementsOf(job).mcpu).toBe(null);
  });

  it.each([
    ["NEEDED", "NVIDIA is asked for", someJob()],
    ["NOT_NEEDED", "the platform has no accelerator", cpuJob()],
    ["UNKNOWN", "no target is named", someJob({ targetPlatform: null })],
    ["UNKNOWN", "the service did not know the device", xavierJob({ targetDevice: "jetson_orin" })],
    [
      "UNKNOWN",
      "a device that the service did not know stands beside a platform without accelerator",
      { ...cpuJob(), targetDevice: "jetson_orin" },
    ],
    [
      "UNKNOWN",
      "the service did not know the accelerator",
      armJob({}, { targetPlatform: { os: "LINUX", arch: "ARM64", accelerator: "TPU" } }),
    ],
  ])("says that a GPU is %s where %s", (gpu, _, job) => {
    expect(requirementsOf(job).gpu).toBe(gpu);
  });

  it("prefers what the platform states where device and platform are both given", () => {
    const job = xavierJob({
      targetPlatform: { os: "LINUX", arch: "X86_64", accelerator: null },
      compilerOptions: gpuOptions(),
    });
    const { arch, accelerator } = requirementsOf(job);
    expect([arch?.basis, arch?.value, accelerator?.basis]).toEqual(["JOB", "X86_64", "TARGET_DEVICE"]);
  });
});
