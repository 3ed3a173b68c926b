import { describe, expect, it } from "vitest";
import { detectDriver, parseNvrm } from "../../../src/device/detectors/driver.js";
import { fakeHost } from "../fake-host.js";

describe("parseNvrm", () => {
  it.each([
    ["NVRM version: NVIDIA UNIX x86_64 Kernel Module  440.95.01  Thu May 28 07:03:08 UTC 2020\n", "440.95.01"],
    ["NVRM version: NVIDIA UNIX x86_64 Kernel Module  418.56  Fri Mar 15 12:59:26 CDT 2019\n", "418.56"],
    ["NVRM version: NVIDIA UNIX aarch64 Kernel Module  535.54.03  Tue Jun  6 2023\n", "535.54.03"],
    [
      "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.95.05  Release Build  (u@h-1.2)  Tue\n",
      "580.95.05",
    ],
    ["NVRM version: NVIDIA UNIX Open Kernel Module for aarch64  540.5.0  Release Build\nGCC version:\n", "540.5.0"],
  ])("reads the first number after Kernel Module in %j", (text, version) => {
    expect(parseNvrm(text)).toBe(version);
  });

  it.each([
    "",
    "GCC version:  gcc version 7.5.0\n",
    "NVRM version:\nKernel Module  1.2.3 \n",
    "Kernel Module for x86_64",
  ])("finds no number in %j", (text) => expect(parseNvrm(text)).toBeNull());
});

describe("detectDriver", () => {
  it("disputes two places that differ", () => {
    const driver = detectDriver(
      fakeHost({
        "/proc/driver/nvidia/version": "NVRM version: NVIDIA UNIX x86_64 Kernel Module  440.95.01  Thu\n",
        "/sys/module/nvidia/version": "470.57.02\n",
        "/proc/driver/nvidia/gpus/0000:01:00.0/information": "GPU Firmware: \t N/A\n",
      }),
    );

    expect(driver).toEqual({
      state: "known",
      value: "440.95.01",
      from: "/proc/driver/nvidia/version",
      confidence: "DISPUTED",
      seen: [
        { from: "/proc/driver/nvidia/version", value: "440.95.01" },
        { from: "/sys/module/nvidia/version", value: "470.57.02" },
      ],
    });
  });

  it("distinguishes a text of another form from no driver", () => {
    expect(detectDriver(fakeHost({ "/proc/driver/nvidia/version": "collect2: error" }))).toEqual({
      state: "unreadable",
      from: "/proc/driver/nvidia/version",
      why: "has an unknown format",
    });
    expect(detectDriver(fakeHost({ "/proc/cpuinfo": "", "/proc/version": "" })).state).toBe("absent");
    expect(detectDriver(fakeHost({})).state).toBe("unreadable");
  });
});
