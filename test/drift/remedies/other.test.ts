import { describe, expect, it } from "vitest";
import { NO_COMPUTE_INSTANCE, NOT_IN_CONTAINER } from "../../../src/device/detectors/access.js";
import type { Access } from "../../../src/device/facts.js";
import {
  fixesOf,
  gpuOptions,
  is,
  NONE,
  someDeployed,
  someFacts,
  someJob,
  someOptions,
  UNREADABLE,
  xavierJob,
} from "../builders.js";
import { someModel } from "../model-builders.js";

const COMPARING = expect.stringMatching(/^Comparing the saved description with the archive's/);
const denied = (path: string, why: string | null = null): Access => ({ path, allowed: false, why });
const accessOf = (...places: readonly Access[]) =>
  fixesOf("device.access", { facts: someFacts({ access: is(places) }) });

describe("where the description is wrong", () => {
  it("another job is used in place of one that did not succeed", () => {
    expect(fixesOf("job.status", { job: someJob({ status: "FAILED" }) })).toEqual([
      expect.stringMatching(/^Nothing on this machine helps: this job left no reliable package/),
      expect.stringContaining("compiled with SageMaker Neo for this machine"),
    ]);
  });

  it("a description that contradicts itself or lacks options is compared with the archive's", () => {
    const both = xavierJob({ targetPlatform: { os: "LINUX", arch: "ARM64", accelerator: "NVIDIA" } });
    expect(fixesOf("job.consistent", { job: both })).toEqual([COMPARING]);
    expect(fixesOf("compiler.options", { job: someJob({ compilerOptions: someOptions() }) })).toEqual([COMPARING]);
  });
});

describe("where another component is deployed", () => {
  const unversioned = someJob({ component: { name: "bottle-model", version: null, versionFrom: null } });

  it("the job's is, in its version where that is known", () => {
    const deployed = someDeployed({ present: NONE });
    const about = ": the package is a private component in the account that made it";
    expect(fixesOf("component.deployed", { deployed })).toEqual([`Deploying bottle-model 1.0.0${about}`]);
    expect(fixesOf("component.deployed", { deployed, job: unversioned })).toEqual([`Deploying bottle-model${about}`]);
  });

  it("the model's component is, without a job", () => {
    const deployed = someDeployed({ state: is("BROKEN") });
    const anew = (version: string | null) =>
      fixesOf("component.state", { job: null, model: someModel({ version }), deployed });
    const reading = "Reading logs/bottle-model.log below the Greengrass root, then deploying bottle-model";
    expect(anew("1.0.0")).toEqual([`${reading} 1.0.0 anew`]);
    expect(anew(null)).toEqual([`${reading} anew`]);
    const state = fixesOf("component.state", { job: null, deployed });
    expect(state).toEqual([`${reading} anew`]);
  });

  it("its version is pinned, or the job of the deployed version is compared", () => {
    const other = (version: ReturnType<typeof is<string>>) =>
      fixesOf("component.version", { deployed: someDeployed({ version }) });
    expect(other(is("2.0.0"))).toEqual([
      "Pinning bottle-model 1.0.0 in the deployment of the application that depends on it",
      "Checking against the job that made version 2.0.0 instead",
    ]);
  });

  it("the job of the deployed version is compared when only the Edge Agent has another model", () => {
    const model = is({ arn: "arn:aws:lookoutvision:eu-west-1:1:model/bottles/2", status: "RUNNING", message: "" });
    const deployed = someDeployed({ version: UNREADABLE, model });
    expect(fixesOf("component.version", { deployed })[1]).toBe(
      "Checking against the job that made version the deployed one instead",
    );
  });
});

describe("where the GPU may not be opened", () => {
  it("the user joins only the groups of the nodes that it may not open", () => {
    expect(
      accessOf(denied("/dev/nvidiactl"), { path: "/dev/nvidia0", allowed: true, why: null }, denied("/dev/nvidia1")),
    ).toEqual([
      "Adding the component's user to the group that owns /dev/nvidiactl, /dev/nvidia1 (video on a Jetson: usermod -aG video ggc_user), then restarting Greengrass",
    ]);
  });

  it("a container is started with the nodes that it lacks", () => {
    expect(accessOf(denied("/dev/nvidia-uvm", NOT_IN_CONTAINER))).toEqual([
      expect.stringMatching(/^Starting this container with the NVIDIA runtime .*--device for each node/),
    ]);
  });

  it("MIG is divided or switched off, also where other places are open", () => {
    const open = { path: "/dev/nvidia0", allowed: true, why: null };
    expect(accessOf(open, denied("/proc/driver/nvidia/capabilities/gpu0/mig", NO_COMPUTE_INSTANCE))).toEqual([
      "Creating a compute instance in each GPU instance (nvidia-smi mig -cci), or switching MIG off (nvidia-smi -mig 0)",
    ]);
  });
});

describe("where the C library is too old", () => {
  it("only another system has a newer one", () => {
    const cuda = is({
      version: "10.2.89",
      installed: [{ version: "10.2.89", from: "/usr/lib/libcudart.so.10.2.89", loadable: true, glibc: "2.31" }],
    });
    expect(fixesOf("device.glibc", { facts: someFacts({ cuda }) })).toEqual([
      "Nothing on this machine helps: the C library comes with the system",
      expect.stringMatching(/^A system with a newer C library/),
    ]);
  });
});

describe("where a difference neither blocks nor errs", () => {
  it("no fix is offered", () => {
    const job = someJob({ compilerOptions: gpuOptions({ trtVer: "7.0.0" }) });
    expect(fixesOf("compiler.trt-ver", { job })).toEqual([]);
  });
});
