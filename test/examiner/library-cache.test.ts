import { describe, expect, it } from "vitest";
import { cachedLibraries } from "../../src/examiner/library-cache.js";

const NEEDS = { needed: ["libc.so.6"], runpath: ["$ORIGIN"], rpath: [], versionDefinitions: ["FOO_1"] };
const PATH = "/usr/lib/libfoo.so.1.2.3";

/** A device whose files have these identities, and a cache that outlives processes. */
function someDevice() {
  const device = {
    stored: null as string | null,
    identity: "1" as string | null,
    needs: NEEDS as typeof NEEDS | null,
    version: "1.0.0",
    reads: [] as string[],
    saves: 0,
  };
  return {
    device,
    /** What another process reads of these files. */
    look(...paths: readonly string[]) {
      const cache = cachedLibraries({
        load: () => device.stored,
        save(text) {
          device.saves += 1;
          device.stored = text;
        },
        identify: () => device.identity,
        read(path) {
          device.reads.push(path);
          return device.needs;
        },
        version: device.version,
      });
      const found = paths.map(cache.read);
      cache.save();
      return found;
    },
  };
}

describe("cachedLibraries", () => {
  it("reads a file once, as long as it stays the same", () => {
    const { device, look } = someDevice();

    expect(look(PATH, PATH)).toMatchObject([NEEDS, NEEDS]);
    expect(look(PATH)).toMatchObject([NEEDS]);

    expect([device.reads, device.saves]).toEqual([[PATH], 1]);
  });

  it.each<[string, (device: ReturnType<typeof someDevice>["device"]) => void]>([
    ["when the file has changed", (device) => (device.identity = "2")],
    ["in another version of packdrift", (device) => (device.version = "1.0.1")],
    ["when the cache is damaged", (device) => (device.stored = "{")],
    ["when the cache holds something else", (device) => (device.stored = '{"schema":"packdrift.library-cache/2"}')],
  ])("reads it again %s", (_, change) => {
    const { device, look } = someDevice();
    look(PATH);
    change(device);

    expect(look(PATH)).toMatchObject([NEEDS]);
    expect([device.reads, device.saves]).toEqual([[PATH, PATH], 2]);
  });

  it("tries a file that cannot be read each time", () => {
    const { device, look } = someDevice();
    device.needs = null;
    expect([look(PATH), look(PATH)]).toEqual([[null], [null]]);
    device.needs = NEEDS;

    expect(look(PATH)).toMatchObject([NEEDS]);
    expect(device.reads).toEqual([PATH, PATH, PATH]);
  });

  it("forgets files that nothing led to", () => {
    const { device, look } = someDevice();
    look(PATH, "/usr/lib/libbar.so.1");
    look(PATH);

    expect(JSON.parse(device.stored ?? "").files.map(({ path }: { path: string }) => path)).toEqual([PATH]);
  });

  it("reads the files where the work folder cannot be used", () => {
    const refuse = () => {
      throw new Error("EROFS");
    };
    const parts = { load: refuse, save: refuse, identify: () => "1", read: () => NEEDS, version: "1.0.0" };
    const cache = cachedLibraries(parts);

    expect(cache.read(PATH)).toEqual(NEEDS);
    expect(cache.save).not.toThrow();
  });
});
