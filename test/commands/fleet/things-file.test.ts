import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ExpectedError } from "../../../src/base/errors.js";
import { thingsFile } from "../../../src/commands/fleet/things-file.js";
import { fakeLog } from "../../agent/fake-clock.js";

describe("thingsFile", () => {
  let folder = "";
  let path = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "packdrift-things-"));
    path = join(folder, "things.txt");
    writeFileSync(path, "line-1\n");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function followed() {
    const log = fakeLog();
    const expected: (readonly string[])[] = [];
    let trouble: Error | null = null;
    const file = thingsFile({
      path,
      log,
      async expect(things) {
        if (trouble !== null) throw trouble;
        expected.push(things);
      },
    });
    return {
      log,
      expected,
      refresh: file.refresh,
      fail: (error: Error | null) => {
        trouble = error;
      },
      async settle() {
        for (let look = 0; look < 3; look++) await file.refresh();
      },
    };
  }

  it("hands on a changed list once, when it no longer changes", async () => {
    const { expected, log, refresh, settle } = followed();
    await settle();
    expect(expected).toEqual([]);

    writeFileSync(path, "line-1\nline-2\n");
    await refresh();
    writeFileSync(path, "line-1\nline-2\nline-3\n");
    await refresh();
    expect(expected).toEqual([]);
    await settle();

    expect(expected).toEqual([["line-1", "line-2", "line-3"]]);
    expect(log.lines).toEqual([["things.read", { file: path, things: 3 }]]);
  });

  it("reads a file that has replaced the other, also one of the same size", async () => {
    const { expected, settle } = followed();
    writeFileSync(join(folder, "new"), "line-2\n");
    renameSync(join(folder, "new"), path);
    await settle();

    expect(expected).toEqual([["line-2"]]);
  });

  it.each([
    ["broken", () => writeFileSync(path, "line 1\n"), /line 1 must be a thing's name/],
    ["empty", () => writeFileSync(path, ""), /names none/],
    ["missing", () => rmSync(path), /no such file/i],
    ["a folder", () => [rmSync(path), mkdirSync(path)], /directory|folder/i],
  ])("keeps the list while the file is %s, says so once, and reads the next good one", async (_, spoil, why) => {
    const { expected, log, settle } = followed();
    spoil();
    await settle();
    await settle();
    expect(expected).toEqual([]);
    expect(log.lines).toMatchObject([["things.not-read", { file: path, message: expect.stringMatching(why) }]]);

    rmSync(path, { recursive: true, force: true });
    writeFileSync(path, "line-1\nline-7\n");
    await settle();
    expect(expected).toEqual([["line-1", "line-7"]]);
  });

  it("tries again while the store cannot take it", async () => {
    const { expected, log, settle, fail } = followed();
    fail(new ExpectedError("the disk is full"));
    writeFileSync(path, "line-2\n");
    await settle();
    await settle();
    expect(log.of("things.not-read")).toEqual([{ file: path, message: "the disk is full" }]);

    fail(null);
    await settle();
    expect(expected).toEqual([["line-2"]]);
  });
});
