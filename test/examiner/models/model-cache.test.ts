import { describe, expect, it } from "vitest";
import { cachedModels } from "../../../src/examiner/models/model-cache.js";
import type { PackagedModel } from "../../../src/model/model.js";
import { COMPILED, FOLDER, someModel } from "../../drift/model-builders.js";

const TOP = FOLDER.slice(0, FOLDER.lastIndexOf("/"));

/** A device whose files have these identities, and a cache that outlives processes. */
function someDevice(model: PackagedModel = someModel({ folders: [TOP] })) {
  const device = { stored: null as string | null, changed: "", reads: 0, version: "1.0.0", model, saves: 0 };
  return {
    device,
    /** What another process reads of the model. */
    async read() {
      const cached = cachedModels({
        load: () => device.stored,
        save(text) {
          device.saves += 1;
          device.stored = text;
        },
        identify(path) {
          if (path === device.changed) return "changed";
          return path.endsWith("hidden/more") ? null : `identity of ${path}`;
        },
        version: device.version,
      });
      return cached(model.folders, async () => {
        device.reads += 1;
        return device.model;
      });
    },
  };
}

describe("cachedModels", () => {
  it("reads a model once, as long as its files stay the same", async () => {
    const { device, read } = someDevice();

    const first = await read();
    const second = await read();

    expect([second, device.reads, device.saves]).toEqual([first, 1, 1]);
  });

  it.each([
    ["a file", COMPILED],
    ["the folder of a file", FOLDER],
    ["the version's folder", TOP],
  ])("reads it again when %s has changed", async (_, path) => {
    const { device, read } = someDevice();

    await read();
    device.changed = path;
    await read();

    expect(device.reads).toBe(2);
  });

  it("reads it where the cache names no file by which a change would show", async () => {
    const { device, read } = someDevice();
    await read();
    const stored = JSON.parse(device.stored ?? "");
    device.stored = JSON.stringify({ ...stored, entries: [{ ...stored.entries[0], seen: [] }] });

    await read();

    expect(device.reads).toBe(2);
  });

  it("reads it again in another version of packdrift", async () => {
    const { device, read } = someDevice();

    await read();
    device.version = "1.0.1";
    await read();

    expect(device.reads).toBe(2);
  });

  it.each([
    ["a file", COMPILED],
    ["a folder that hides what is in it", `${FOLDER}/hidden/more`],
  ])("reads a model once that lacks a permission for %s, until that changes", async (_, path) => {
    const { device, read } = someDevice(someModel({ folders: [TOP], unread: [{ path, why: "permission denied" }] }));

    await read();
    expect(await read()).toEqual(device.model);
    expect([device.reads, device.saves]).toEqual([1, 1]);

    device.changed = path;
    await read();
    expect(device.reads).toBe(2);
  });

  it("stores no incomplete reading, unless a permission was missing", async () => {
    const unread = [
      { path: COMPILED, why: "permission denied" },
      { path: `${FOLDER}/other`, why: "reading took longer than 2 s" },
    ];
    const { device, read } = someDevice(someModel({ unread }));

    await read();
    await read();

    expect([device.reads, device.saves]).toEqual([2, 0]);
  });

  it("forgets a model that can no longer be read whole", async () => {
    const { device, read } = someDevice();
    await read();
    device.changed = COMPILED;
    device.model = someModel({ unread: [{ path: COMPILED, why: "EIO" }] });

    await read();

    expect(JSON.parse(device.stored ?? "")).toMatchObject({ entries: [] });
  });

  it.each(["{", "[]", "null", '{"schema":"packdrift.model-cache/1","version":"1.0.0","entries":[{"folders":[7]}]}'])(
    "reads the model in spite of a cache that is damaged: %s",
    async (text) => {
      const { device, read } = someDevice();
      device.stored = text;

      expect(await read()).toEqual(device.model);
      expect(device.reads).toBe(1);
    },
  );

  it("reads the model where the work folder cannot be used", async () => {
    const refuse = () => {
      throw new Error("EROFS");
    };
    const cached = cachedModels({ load: refuse, save: refuse, identify: () => "same", version: "1.0.0" });

    expect(await cached([TOP], async () => someModel())).toEqual(someModel());
  });
});
