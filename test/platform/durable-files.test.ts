import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { syncFolder, syncFolderSync, writeDurably, writeDurablySync } from "../../src/platform/durable-files.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "packdrift-durable-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const modeOf = (path: string) => lstatSync(path).mode & 0o777;

describe.each([
  ["writeDurably", writeDurably],
  ["writeDurablySync", async (...args: Parameters<typeof writeDurablySync>) => writeDurablySync(...args)],
] as const)("%s", (_name, write) => {
  it("replaces a file, for its owner alone, and leaves no other file behind", async () => {
    const path = join(folder, "a.json");
    await write(path, "old");
    await write(path, "neü");

    expect([readFileSync(path, "utf8"), modeOf(path), readdirSync(folder)]).toEqual(["neü", 0o600, ["a.json"]]);
  });

  it("creates the file with the mode that is asked for", async () => {
    await write(join(folder, "a.json"), "", 0o644);

    expect(modeOf(join(folder, "a.json"))).toBe(0o644);
  });

  it("replaces a link in place of the file, and writes nothing where it leads", async () => {
    writeFileSync(join(folder, "elsewhere"), "untouched");
    symlinkSync(join(folder, "elsewhere"), join(folder, "a.json"));

    await write(join(folder, "a.json"), "new");

    expect(readFileSync(join(folder, "elsewhere"), "utf8")).toBe("untouched");
    expect(lstatSync(join(folder, "a.json")).isFile()).toBe(true);
  });

  it("throws where the file cannot be replaced, and leaves no other file behind", async () => {
    mkdirSync(join(folder, "a.json"));

    await expect(write(join(folder, "a.json"), "new")).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
    await expect(write(join(folder, "none/a.json"), "new")).rejects.toThrow("ENOENT");
    expect(readdirSync(folder)).toEqual(["a.json"]);
  });
});

describe("writeDurablySync", () => {
  it.each(["a file", "a link", "an empty folder"])(
    "removes %s under the temporary name and never writes into it",
    (what) => {
      const elsewhere = join(folder, "elsewhere");
      const temporary = join(folder, ".a.json.tmp");
      writeFileSync(elsewhere, "untouched");
      if (what === "a file") writeFileSync(temporary, "left by a crash");
      else if (what === "a link") symlinkSync(elsewhere, temporary);
      else mkdirSync(temporary);

      writeDurablySync(join(folder, "a.json"), "new");

      expect([readFileSync(join(folder, "a.json"), "utf8"), readFileSync(elsewhere, "utf8")]).toEqual([
        "new",
        "untouched",
      ]);
      expect(readdirSync(folder).sort()).toEqual(["a.json", "elsewhere"]);
    },
  );

  it("renames a folder under the temporary name, and removes nothing in it: its parts may lead elsewhere", () => {
    mkdirSync(join(folder, ".a.json.tmp/inner"), { recursive: true });

    writeDurablySync(join(folder, "a.json"), "new");

    const [moved = "", written] = readdirSync(folder).sort();
    expect([moved, written]).toEqual([expect.stringMatching(/^\.a\.json\.tmp\.\w+$/), "a.json"]);
    expect(readdirSync(join(folder, moved))).toEqual(["inner"]);
  });
});

describe("writeDurably", () => {
  it("allows two writes of one file at once, each of them whole", async () => {
    const texts = ["a".repeat(100_000), "b".repeat(100_000), "c".repeat(100_000)];

    await Promise.all(texts.map((text) => writeDurably(join(folder, "a.json"), text)));

    expect(texts).toContain(readFileSync(join(folder, "a.json"), "utf8"));
    expect(readdirSync(folder)).toEqual(["a.json"]);
  });
});

describe("syncFolder and syncFolderSync", () => {
  it("sync a folder, and throw when it does not exist", async () => {
    await syncFolder(folder);
    syncFolderSync(folder);

    await expect(syncFolder(join(folder, "none"))).rejects.toThrow("ENOENT");
    expect(() => syncFolderSync(join(folder, "none"))).toThrow("ENOENT");
  });
});
