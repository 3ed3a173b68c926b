import { describe, expect, it } from "vitest";
import { detectFacts } from "../../src/device/detect.js";
import { inferLibraries } from "../../src/device/infer.js";
import { type FakeTree, fakeHost, someUname } from "./fake-host.js";

const NONE = { cuda: null, cudnn: null, tensorrt: null };

describe("inferLibraries", () => {
  it("returns what the L4T release brought where no file shows it, and leaves what is known", () => {
    const facts = xavier("32", "7.1", { "/usr/lib/aarch64-linux-gnu/libnvinfer.so.7.1.3": "" });
    const from = "table of L4T releases (32.7.1)";

    expect(inferLibraries(facts)).toEqual({
      cuda: { state: "known", value: { version: "10.2.300", installed: [] }, from, confidence: "INFERRED" },
      cudnn: { state: "known", value: { version: "8.2.1.32", installed: [] }, from, confidence: "INFERRED" },
      tensorrt: null,
    });
    expect(facts.cuda.state).toBe("unreadable");
  });

  it("infers on JetPack 5, but not from 6 on, nor for a release that no table has", () => {
    expect(inferLibraries(xavier("35", "3.1")).tensorrt).toMatchObject({ value: { version: "8.5.2" } });
    expect(inferLibraries(xavier("36", "4.3"))).toEqual(NONE);
    expect(inferLibraries(xavier("32", "9.9"))).toEqual(NONE);
    expect(inferLibraries(xavier("28", "2.1"))).toEqual(NONE);
  });

  it("infers nothing in a container or off a Jetson", () => {
    expect(inferLibraries(xavier("32", "7.1", { "/.dockerenv": "" }))).toEqual(NONE);
    expect(inferLibraries(detectFacts(fakeHost({}, someUname())))).toEqual(NONE);
  });
});

function xavier(major: string, revision: string, more: FakeTree = {}) {
  const tree = {
    "/etc/nv_tegra_release": `# R${major} (release), REVISION: ${revision}, GCID: 1`,
    "/proc/device-tree/compatible": "nvidia,tegra194\0",
    ...more,
  };
  return detectFacts(fakeHost(tree, someUname("aarch64")));
}
