import { describe, expect, it } from "vitest";
import type { Installed } from "../../src/device/facts.js";
import { judgeTensorrt } from "../../src/drift/tensorrt-versions.js";

const judge = (wanted: readonly string[], version: string, ...beside: Installed[]) => {
  const installed: Installed[] = [{ version, from: `/usr/lib/libnvinfer.so.${version}`, loadable: true }, ...beside];
  return judgeTensorrt({ wanted, ranged: false }, { version, installed });
};
const at = (version: string, loadable: boolean) => ({ version, from: `/opt/libnvinfer.so.${version}`, loadable });

describe("judgeTensorrt", () => {
  it("returns the best answer of all wanted versions, in whichever order they are named", () => {
    expect(judge(["7.1.3", "8.2.1"], "7.1.2", at("8.2.1", true))).toMatchObject({ grade: "MATCH", actual: "8.2.1" });
    expect(judge(["8.2.1", "7.1.3"], "7.1.2", at("8.2.1", true))).toMatchObject({ grade: "MATCH", actual: "8.2.1" });
  });

  it("names the version named first where two fit equally", () => {
    expect(judge(["7.1.3", "8.2.1"], "8.4.0", at("7.1.2", true))).toMatchObject({ grade: "WARNING", actual: "7.1.2" });
  });

  it("is UNKNOWN when a wanted version cannot be read, or no version is named", () => {
    expect(judge(["8.2.1", "eight"], "8.2.1").grade).toBe("UNKNOWN");
    expect(judge([], "8.2.1").grade).toBe("UNKNOWN");
  });

  it("names each library that the model may be linked to where another major is there", () => {
    expect(judge(["7.1.3", "8.2.1", "8.4.0"], "10.3.0")).toEqual({
      grade: "BLOCKING",
      actual: "10.3.0",
      because:
        "The model needs TensorRT 7.1.3 or 8.2.1 or 8.4.0 and is linked to libnvinfer.so.7 or libnvinfer.so.8, but this machine has 10.3.0",
    });
  });

  it("names the path of a version of any wanted major that the loader does not find, and of no other", () => {
    expect(judge(["7.1.3", "8.2.1"], "10.3.0", at("8.4.1", false)).because).toContain(
      "installed (8.4.1 at /opt/libnvinfer.so.8.4.1) but not found by the loader, which finds 10.3.0",
    );
    expect(judge(["7.1.3", "8.2.1"], "10.3.0", at("6.0.1", false)).because).toContain("but this machine has 10.3.0");
  });
});
