import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fileStore, untrustedFileIn } from "../../src/platform/file-store.js";
import { asNobody } from "../as-nobody.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "packdrift-store-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("fileStore", () => {
  it("returns what was written, lists it and removes it", () => {
    const store = fileStore(join(folder, "made/on/demand"));
    store.write("b.json", "two");
    store.write("a.json", "one");
    store.write("a.json", "newer");

    expect([store.list(), store.read("a.json")]).toEqual([["a.json", "b.json"], "newer"]);
    store.remove("a.json");
    store.remove("a.json");
    expect([store.list(), store.read("a.json")]).toEqual([["b.json"], null]);
  });

  it("keeps files and folder for their owner alone and leaves no temporary file", () => {
    const inner = join(folder, "outbox");
    fileStore(inner).write("a.json", "one");

    expect(statSync(inner).mode & 0o777).toBe(0o700);
    expect(statSync(join(inner, "a.json")).mode & 0o777).toBe(0o600);
    expect(readdirSync(inner)).toEqual(["a.json"]);
  });

  it("lists and reads nothing when there is no folder, and does not create one", () => {
    const store = fileStore(join(folder, "none"));

    expect([store.list(), store.read("a.json"), existsSync(join(folder, "none"))]).toEqual([[], null, false]);
  });

  it("throws where the folder is a file", () => {
    writeFileSync(join(folder, "file"), "");

    expect(() => fileStore(join(folder, "file")).write("a.json", "")).toThrow(/EEXIST|ENOTDIR/);
  });

  it("refuses to read a pipe or a link without waiting, and replaces it by a write", () => {
    const store = fileStore(folder);
    writeFileSync(join(folder, "elsewhere"), "untouched");
    execFileSync("mkfifo", [join(folder, "a.json")]);
    symlinkSync("elsewhere", join(folder, "b.json"));
    symlinkSync("elsewhere", join(folder, ".a.json.tmp"));

    for (const name of ["a.json", "b.json"]) {
      expect(() => store.read(name)).toThrow("not a regular file");
      store.write(name, "written");
      expect(store.read(name)).toBe("written");
    }
    expect(store.read("elsewhere")).toBe("untouched");
  });

  it("does not read a file that others may write, names it, and replaces it by a write", () => {
    const store = fileStore(folder);
    store.write("a.json", "one");
    const untrusted = () => untrustedFileIn(folder, ["none.json", "a.json"]);
    expect(untrusted()).toBe(null);
    chmodSync(join(folder, "a.json"), 0o666);
    const problem = `"${join(folder, "a.json")}" may be written by others: its mode is 0666, must be 0644 or less`;

    expect(() => store.read("a.json")).toThrow(problem);
    expect(untrusted()).toBe(problem);
    store.write("a.json", "two");
    expect([store.read("a.json"), untrusted()]).toEqual(["two", null]);
  });

  it("says nothing about another user's file that is merely in the folder", () => {
    writeFileSync(join(folder, "mqtt.json"), "{}");
    chmodSync(join(folder, "mqtt.json"), 0o664);

    expect(untrustedFileIn(folder, ["a.json"])).toBe(null);
  });

  it("finds no untrusted file in a folder that cannot be searched, or that is a file", async () => {
    const closed = join(folder, "closed");
    fileStore(closed).write("a.json", "one");
    chmodSync(join(closed, "a.json"), 0o666);
    writeFileSync(join(folder, "file"), "");

    chmodSync(closed, 0);
    expect(await asNobody(() => untrustedFileIn(closed, ["a.json"]))).toBe(null);
    chmodSync(closed, 0o700);
    expect(untrustedFileIn(join(folder, "file"), ["a.json"])).toBe(null);
  });

  it.each(["../a", "a/b", ".hidden", "", "a\0b", "x".repeat(300)])("refuses the name %j", (name) => {
    expect(() => fileStore(folder).write(name, "")).toThrow("Not a plain file name");
  });
});
