import { describe, expect, it } from "vitest";
import { known } from "../../../src/device/facts.js";
import { deviceNoise, upgradedWithoutReboot } from "../../../src/lab/fleet/device-noise.js";
import { factsOf } from "./fleet-parts.js";

const T4 = factsOf("aws-g4dn-t4-cuda102");
const XAVIER = factsOf("agx-xavier-jp461");

describe("deviceNoise", () => {
  it("makes two devices of one machine differ in what no rule judges, and one device always the same", () => {
    const [one, again, other] = ["paint-01-line-1", "paint-01-line-1", "paint-09-line-2"].map((thing) =>
      deviceNoise(T4, thing),
    );

    expect(one).toEqual(again);
    expect(one?.memory).not.toEqual(other?.memory);
    expect(one?.disk).not.toEqual(other?.disk);
    for (const key of ["cuda", "tensorrt", "driver", "gpus", "cpu"] as const) expect(one?.[key]).toEqual(T4[key]);
  });

  it("leaves the kernel of a Jetson, which comes with its L4T", () => {
    expect(deviceNoise(XAVIER, "press-01-line-1").kernelRelease).toMatchObject({ value: "4.9.253-tegra" });
    expect(known(deviceNoise(T4, "paint-01-line-1").kernelRelease)).toMatch(/^5\.4\.0-\d{4}-aws$/);
  });

  it("adds what a recording does not hold", () => {
    const { access, glibc, libcuda, memory } = deviceNoise(XAVIER, "press-01-line-1");

    expect(glibc).toMatchObject({ value: "2.27" });
    expect(libcuda).toMatchObject({ value: { version: null, loadable: true } });
    expect(known(access)?.every(({ allowed }) => allowed)).toBe(true);
    expect(known(memory)?.totalBytes).toBeGreaterThan(30 * 2 ** 30);
  });
});

describe("upgradedWithoutReboot", () => {
  it("leaves the old kernel module with the new libraries", () => {
    const { driver, libcuda } = upgradedWithoutReboot(deviceNoise(T4, "paint-01-line-1"), "450.119.03");

    expect(driver).toMatchObject({ value: "440.95.01" });
    expect(libcuda).toMatchObject({ value: { version: "450.119.03" } });
  });
});
