import { describe, expect, it } from "vitest";
import type { DeviceFacts, Libcuda } from "../../../src/device/facts.js";
import { remedies } from "../../../src/drift/remedies.js";
import { is, NONE, someFacts, someGpu, someInput, someLibcuda, someXavier, xavierJob } from "../builders.js";

const waysOf = (facts: DeviceFacts, job?: Parameters<typeof someInput>[0]) =>
  remedies(someInput({ ...job, facts }), [])
    .verdict.findings.filter(({ rule }) => rule === "device.cuda-driver")
    .flatMap(({ remedy }) => remedy);
const withLibcuda = (changes: Partial<Libcuda>, others: Partial<DeviceFacts> = {}) =>
  waysOf(someFacts({ libcuda: is(someLibcuda(changes)), ...others }));
const compat = (version: string) => ({ version, path: "/usr/local/cuda-12.4/compat/libcuda.so.1", compat: true });
const WITHOUT_PACKAGE = expect.stringMatching(
  /^Removing the compatibility package \(cuda-compat-X-Y, \/usr\/local\/cuda-12\.4\/compat\) .* lets the loader give the libcuda of driver/,
);

describe("cudaDriverRemedies", () => {
  it("are empty when libcuda fits", () => {
    expect(waysOf(someFacts())).toEqual([]);
  });

  it("install the user space of the loaded release, or send a vGPU host's model to a virtual machine", () => {
    expect(waysOf(someFacts({ libcuda: NONE }))).toEqual([
      "Installing the user space of release 440.95.01 of NVIDIA's driver (package libnvidia-compute-N, or libcuda1 on Debian)",
      expect.stringContaining("vGPU manager"),
    ]);
    expect(waysOf(someFacts({ libcuda: NONE, driver: NONE }))[0]).toBe(
      "Installing the user space of NVIDIA's driver (package libnvidia-compute-N, or libcuda1 on Debian)",
    );
  });

  it("start a container with the NVIDIA runtime, and install L4T's package on a Jetson", () => {
    expect(waysOf(someFacts({ libcuda: NONE, container: is(true) }))).toEqual([
      expect.stringContaining("with the NVIDIA runtime"),
    ]);
    expect(waysOf(someXavier({ libcuda: NONE }), { job: xavierJob() })).toEqual([
      "Installing L4T's package nvidia-l4t-cuda",
    ]);
  });

  it("let the loader find the folder of a libcuda that it does not find yet", () => {
    expect(withLibcuda({ loadable: false, path: "/opt/driver/libcuda.so.1" })).toEqual([
      "Letting the loader find /opt/driver (a line in /etc/ld.so.conf.d, then ldconfig)",
    ]);
  });

  it("send the model to a container where the driver is a container's", () => {
    const path = "/run/nvidia/driver/usr/lib/x86_64-linux-gnu/libcuda.so.440.95.01";
    expect(withLibcuda({ loadable: false, path })).toEqual([
      expect.stringMatching(/^Running the component in a container with the NVIDIA runtime: .* GPU operator$/),
    ]);
  });

  it("take the toolkit's stub away", () => {
    expect(withLibcuda({ version: null, path: "/usr/local/cuda/lib64/stubs/libcuda.so" })).toEqual([
      expect.stringMatching(
        /^Removing \/usr\/local\/cuda\/lib64\/stubs from \/etc\/ld\.so\.conf\.d.* lets the loader give the driver's own libcuda/,
      ),
    ]);
  });

  it("reload the module after an update, and mount the host's libcuda in a container", () => {
    expect(withLibcuda({ version: "470.256.02" })).toEqual([
      expect.stringMatching(/^A reboot, or a reload .* loads the module of release 470\.256\.02$/),
    ]);
    expect(withLibcuda({ version: "470.256.02" }, { container: is(true) })).toEqual([
      "Removing the libcuda that this container's image holds (/usr/lib/x86_64-linux-gnu/libcuda.so.440.95.01), so that the NVIDIA runtime mounts that of the host's driver 440.95.01",
    ]);
  });

  it("remove a compatibility package that is older than the module or not allowed on the GPU", () => {
    const games = { gpus: is([someGpu({ name: "NVIDIA GeForce GTX 1080" })]) };
    expect(withLibcuda(compat("418.226.00"))).toEqual([WITHOUT_PACKAGE]);
    expect(withLibcuda(compat("470.256.02"), games)).toEqual([WITHOUT_PACKAGE]);
  });

  it("update a driver that is too old for the compatibility package, or remove the package", () => {
    expect(withLibcuda(compat("550.54.15"))).toEqual([
      "An update of NVIDIA's driver to release 470 or later, then a reboot",
      WITHOUT_PACKAGE,
    ]);
  });
});
