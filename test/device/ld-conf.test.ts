import { describe, expect, it } from "vitest";
import { readLoaderConfiguration } from "../../src/device/ld-conf.js";
import { startCpuTime } from "../cpu-time.js";
import { type FakeTree, fakeHost } from "./fake-host.js";

const read = (tree: FakeTree) => readLoaderConfiguration(fakeHost(tree));

describe("the loader's configuration", () => {
  it("returns the folders in order, without slashes at their ends, types, comments and repetitions", () => {
    const conf =
      "# first\n/opt/b/lib//\n  /opt/a/lib=libc6 # old\ninclude ld.so.conf.d/*.conf\n/opt/b/lib\nhwcap 1 x\n/\n";
    const tree = { "/etc/ld.so.conf": conf, "/etc/ld.so.conf.d/x.conf": "/opt/c\n", "/etc/ld.so.conf.d/y": "/opt/d\n" };

    expect(read(tree)).toEqual({ folders: ["/opt/b/lib", "/opt/a/lib", "/opt/c"], hasMain: true, problems: [] });
    expect(read({ "/etc/ld.so.conf.d/x.conf": "/opt/c\n" })).toEqual({
      folders: ["/opt/c"],
      hasMain: false,
      problems: [],
    });
  });

  it.each([
    ["slashes", `/a${"/".repeat(500_000)}x`],
    ["slashes in many lines", `/a${"/".repeat(4_000)}x\n`.repeat(200)],
    ["blanks", `${" ".repeat(500_000)}#`],
    ["includes of a large folder", "include ld.so.conf.d/a*\n".repeat(20_000)],
  ])("is read in linear time from %s", (_, conf) => {
    const files = Array.from({ length: 3_000 }, (_, at) => [`/etc/ld.so.conf.d/b${at}`, ""]);
    const host = fakeHost({ "/etc/ld.so.conf": conf, ...Object.fromEntries(files) });
    const cpuMs = startCpuTime();

    expect(readLoaderConfiguration(host).problems).toEqual([]);
    expect(cpuMs()).toBeLessThan(500);
  });
});
