import { describe, expect, it } from "vitest";
import { NO_COMPUTE_INSTANCE, NOT_IN_CONTAINER } from "../../../src/device/detectors/access.js";
import { compare } from "../../../src/drift/compare.js";
import { answers, cpuJob, findingsOf, is, NONE, someFacts, someInput, UNREADABLE } from "../builders.js";

const memory = (totalBytes: number) => is({ totalBytes, availableBytes: null });
const disk = (freeBytes: number) => is({ path: "/greengrass/v2", freeBytes });

describe("device.memory", () => {
  it.each([
    ["memory just enough", 6e9, 1.5e9, ["MATCH INFO", "MATCH INFO"]],
    ["a byte of memory too little", 6e9 - 1, 1.5e9, ["DRIFT WARNING", "MATCH INFO"]],
    ["a byte of disk too little", 6e9, 1.5e9 - 1, ["MATCH INFO", "DRIFT WARNING"]],
  ])("reports %s", (_, total, free, expected) => {
    expect(answers("device.memory", { facts: someFacts({ memory: memory(total), disk: disk(free) }) })).toEqual(
      expected,
    );
  });

  it("says how much is needed and how much is there", () => {
    const [little, much] = findingsOf("device.memory", {
      facts: someFacts({ memory: memory(3.96e9), disk: disk(20e9) }),
    });
    expect(little).toMatchObject({
      expected: "6.0 GB memory",
      actual: "less than 6.0 GB memory",
      because: "A running model needs 6.0 GB of memory, and this machine has 3.9 GB",
      evidence: [{ from: "/place", value: "3.9 GB" }, expect.anything()],
    });
    expect(much).toMatchObject({
      expected: "1.5 GB free disk",
      actual: "at least 1.5 GB free disk",
      because: "A running model needs 1.5 GB of free disk, and this machine has 20.0 GB",
    });
  });

  it("says why an amount is not known", () => {
    const [first, second] = findingsOf("device.memory", { facts: someFacts({ memory: UNREADABLE, disk: NONE }) });
    expect(first).toMatchObject({
      actual: null,
      because: "The amount of memory is not known (not readable: permission denied)",
      evidence: [{ from: "/place", value: "not readable: permission denied" }, expect.anything()],
    });
    expect(second).toMatchObject({ actual: null, because: "The amount of free disk is not known (none)" });
  });

  it("keeps its fingerprint while the free space moves", () => {
    const prints = [1e9, 1.2e9].map(
      (free) => findingsOf("device.memory", { facts: someFacts({ disk: disk(free) }) })[1],
    );
    expect(prints[0]?.fingerprint).toBe(prints[1]?.fingerprint);
    expect(prints.map((finding) => finding?.evidence[0]?.value)).toEqual([
      "1.0 GB free at /greengrass/v2",
      "1.2 GB free at /greengrass/v2",
    ]);
  });

  it("does not decide when unknown", () => {
    const verdict = compare(someInput({ facts: someFacts({ memory: UNREADABLE, disk: NONE }) }));
    expect([verdict.drift, verdict.runnable]).toEqual(["IN_SYNC", "RUNNABLE"]);
    expect(answers("device.memory", { facts: someFacts({ memory: UNREADABLE, disk: NONE }) })).toEqual([
      "UNKNOWN INFO",
      "UNKNOWN INFO",
    ]);
  });
});

describe("device.access", () => {
  const node = (path: string, allowed: boolean) => ({ path, allowed, why: allowed ? null : "not in group video" });

  it.each([
    ["MATCH INFO", "all is allowed", is([node("/dev/nvidia0", true)])],
    ["DRIFT ERROR", "one is denied", is([node("/dev/nvidia0", true), node("/dev/nvidiactl", false)])],
    ["NOT_APPLICABLE INFO", "there is nothing to open", is([])],
    ["NOT_APPLICABLE INFO", "there is nothing to look for", NONE],
    ["UNKNOWN INFO", "it could not be told", UNREADABLE],
  ])("answers %s when %s", (answer, _, access) => {
    expect(answers("device.access", { facts: someFacts({ access }) })).toEqual([answer]);
  });

  it("shows every place, allowed or denied", () => {
    const denied = { path: "/dev/nvmap", allowed: false, why: null };
    const facts = someFacts({ access: is([node("/dev/nvidia0", true), denied, node("/dev/nvidiactl", false)]) });
    expect(findingsOf("device.access", { facts })[0]).toMatchObject({
      actual: "no access to /dev/nvmap, /dev/nvidiactl",
      because:
        "The component's user may not open /dev/nvmap, /dev/nvidiactl (not in group video), which a GPU model needs",
      evidence: [
        { from: "/place", value: "/dev/nvidia0: allowed, /dev/nvmap: denied, /dev/nvidiactl: not in group video" },
        expect.anything(),
      ],
    });
    expect(findingsOf("device.access", {})[0]?.actual).toBe("access");
    expect(findingsOf("device.access", { facts: someFacts({ access: UNREADABLE }) })[0]).toMatchObject({
      actual: null,
      because: "Whether the component's user may use the GPU is not known (not readable: permission denied)",
    });
  });

  it("blocks where a container was not given what CUDA opens, and names that alone", () => {
    const missing = ["/dev/nvidia-uvm", "/dev/nvidiactl"].map((path) => ({
      path,
      allowed: false,
      why: NOT_IN_CONTAINER,
    }));
    const facts = someFacts({ access: is([node("/dev/nvidia0", false), ...missing]) });
    expect(findingsOf("device.access", { facts })[0]).toMatchObject({
      severity: "BLOCKING",
      because:
        "CUDA opens /dev/nvidia-uvm and /dev/nvidiactl, which this container was not given, so no CUDA program runs in it",
    });
  });

  it("blocks when MIG leaves no GPU to CUDA, before anything that is denied", () => {
    const mig = { path: "/proc/driver/nvidia/capabilities/gpu0/mig", allowed: false, why: NO_COMPUTE_INSTANCE };
    const facts = someFacts({ access: is([node("/dev/nvidiactl", false), mig]) });
    expect(findingsOf("device.access", { facts })[0]).toMatchObject({
      severity: "BLOCKING",
      because:
        "MIG is on, and no GPU instance has a compute instance (/proc/driver/nvidia/capabilities/gpu0/mig), so CUDA finds no GPU",
    });
  });

  it("names every place that is denied and why", () => {
    const facts = someFacts({ access: is([node("/dev/nvmap", false), node("/dev/nvhost-gpu", false)]) });
    expect(findingsOf("device.access", { facts })[0]?.because).toBe(
      "The component's user may not open /dev/nvmap (not in group video), /dev/nvhost-gpu (not in group video), which a GPU model needs",
    );
  });

  it("does not decide when unknown, and does not concern a CPU job", () => {
    expect(compare(someInput({ facts: someFacts({ access: UNREADABLE }) })).runnable).toBe("RUNNABLE");
    expect(
      answers("device.access", { job: cpuJob(), facts: someFacts({ access: is([node("/dev/nvmap", false)]) }) }),
    ).toEqual(["NOT_APPLICABLE INFO"]);
  });
});
