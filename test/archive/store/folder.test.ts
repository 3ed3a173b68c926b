import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { jobFolder } from "../../../src/archive/store/folder.js";
import { jobFolderWriter } from "../../../src/archive/store/folder-writer.js";

let dir: string;
let at: number;
let skipped: string[];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "packdrift-folder-"));
  at = 0;
  skipped = [];
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const open = () =>
  jobFolder(dir, { now: () => at, onDamaged: (path, why) => skipped.push(`${path.slice(dir.length + 1)}: ${why}`) });
const job = (JobName: string, more = {}) => ({ JobName, ProjectName: "p", Status: "SUCCEEDED", ...more });

function put(path: string, text: unknown): void {
  mkdirSync(join(dir, path, ".."), { recursive: true });
  writeFileSync(join(dir, path), typeof text === "string" ? text : JSON.stringify(text));
}

/** Lets the second pass after which a folder is read again. */
function later(): void {
  at += 1_001;
}

describe("jobFolder", () => {
  it("finds jobs and lists them by name", async () => {
    for (const name of ["b", "a-1", "a", "B", "a1"]) put(`p/${name}.json`, job(name));
    put("q/z.json", { ...job("z"), ProjectName: "q" });
    const folder = open();

    expect(await folder.find("p", "a")).toEqual(job("a"));
    expect(await folder.projects()).toEqual(["p", "q"]);
    expect((await folder.list("p", null, 10))?.map(({ JobName }) => JobName)).toEqual(["B", "a", "a-1", "a1", "b"]);
    expect((await folder.list("p", "a", 2))?.map(({ JobName }) => JobName)).toEqual(["a-1", "a1"]);
    expect((await folder.list("p", "zz", 2))?.map(({ JobName }) => JobName)).toEqual([]);
    expect([await folder.find("p", "c"), await folder.find("r", "a"), await folder.list("r", null, 1)]).toEqual([
      null,
      null,
      null,
    ]);
  });

  it("returns a job at once for a second after it was found", async () => {
    put("p/a.json", job("a"));
    const folder = open();

    expect(folder.atHand?.("p", "a")).toBeUndefined();
    await folder.find("p", "a");
    expect([folder.atHand?.("p", "a"), folder.atHand?.("p", "b")]).toEqual([job("a"), undefined]);
    later();
    expect(folder.atHand?.("p", "a")).toBeUndefined();
  });

  it("sees new, changed and removed jobs within a second", async () => {
    put("p/a.json", job("a"));
    const folder = open();
    expect(await folder.find("p", "a")).toEqual(job("a"));

    put("p/a.json", job("a", { Status: "FAILED", StatusMessage: "No" }));
    put("p/b.json", job("b"));
    put("new/c.json", { ...job("c"), ProjectName: "new" });
    expect(await folder.find("p", "a")).toEqual(job("a"));

    later();
    expect(await folder.find("p", "a")).toEqual(job("a", { Status: "FAILED", StatusMessage: "No" }));
    expect([await folder.find("p", "b"), (await folder.find("new", "c"))?.JobName]).toEqual([job("b"), "c"]);

    rmSync(join(dir, "p/a.json"));
    rmSync(join(dir, "new"), { recursive: true });
    later();
    expect([await folder.find("p", "a"), await folder.list("new", null, 1)]).toEqual([null, null]);
    expect(await folder.list("p", null, 9)).toEqual([job("b")]);
  });

  it("sees a file that was renamed into place with the old one's size and time", async () => {
    put("p/a.json", job("a", { StatusMessage: "1" }));
    const folder = open();
    await folder.find("p", "a");
    const time = new Date("2022-01-01");

    put("p/.a.tmp", job("a", { StatusMessage: "2" }));
    utimesSync(join(dir, "p/.a.tmp"), time, time);
    renameSync(join(dir, "p/.a.tmp"), join(dir, "p/a.json"));
    later();

    expect(await folder.find("p", "a")).toEqual(job("a", { StatusMessage: "2" }));
  });

  it("sees a job that came in the same tick of the file system's clock as the last read", async () => {
    const tick = new Date();
    put("p/a.json", job("a"));
    utimesSync(join(dir, "p"), tick, tick);
    const folder = open();
    expect(await folder.find("p", "b")).toBeNull();

    put("p/b.json", job("b"));
    utimesSync(join(dir, "p"), tick, tick);
    later();

    expect(await folder.find("p", "b")).toEqual(job("b"));
  });

  it("skips damaged files, reports each once, and serves the rest", async () => {
    put("p/good.json", job("good"));
    put("p/html.json", "<html>");
    put("p/cut.json", '{"JobName": "c');
    put("p/other.json", job("another"));
    put("p/large.json", "");
    truncateSync(join(dir, "p/large.json"), 2_000_000);
    put("p/note.txt", "hello");
    put("p/.hidden.json", "x");
    put("readme.json", "{}");
    put("-bad/a.json", "{}");
    mkdirSync(join(dir, "p/folder.json"));
    symlinkSync("/etc/hostname", join(dir, "p/link.json"));
    symlinkSync("/etc", join(dir, "linked"));
    execFileSync("mkfifo", [join(dir, "p/pipe.json")]);
    const folder = open();

    expect(await folder.list("p", null, 100)).toEqual([job("good")]);
    expect(await folder.find("p", "html")).toBeNull();
    expect(await folder.list("p", null, 100)).toEqual([job("good")]);

    expect(skipped.sort()).toEqual([
      "-bad: not a project: its name must match [a-zA-Z0-9][a-zA-Z0-9_\\-]*",
      "linked: not a project: is not a folder",
      'p/cut.json: Cannot read job from "p/cut.json": is not valid JSON: cut off',
      "p/folder.json: it is a folder, not a regular file",
      'p/html.json: Cannot read job from "p/html.json": is an HTML page, not JSON',
      "p/large.json: it has more than 1048576 bytes",
      "p/link.json: it is a link, not a regular file",
      "p/note.txt: not the name of a job: needs <jobName>.json",
      'p/other.json: Cannot read job "p/other": its file holds "p/another"',
      "p/pipe.json: it is not a regular file",
      "readme.json: not a project: is not a folder",
    ]);
  });

  it("reports a file again when it is damaged again, and serves it once it is repaired", async () => {
    put("p/a.json", "{");
    const folder = open();
    await folder.find("p", "a");
    await folder.find("p", "a");

    put("p/a.json", "{{");
    utimesSync(join(dir, "p/a.json"), 1, 1);
    later();
    await folder.find("p", "a");
    put("p/a.json", job("a"));
    later();

    expect(await folder.find("p", "a")).toEqual(job("a"));
    expect(skipped.length).toBe(2);
  });

  it("finds nothing when the archive itself is gone", async () => {
    const folder = jobFolder(join(dir, "p"), { now: () => at, onDamaged: () => {} });
    put("p/q/a.json", { ...job("a"), ProjectName: "q" });
    expect((await folder.find("q", "a"))?.JobName).toBe("a");

    rmSync(join(dir, "p"), { recursive: true });
    later();

    expect(await folder.find("q", "a")).toBeNull();
  });

  it("loads a job with its note, and nothing outside the archive", async () => {
    put("p/a.json", job("a"));
    put("outside.json", job("outside"));
    const folder = open();

    expect(await folder.load({ project: "p", job: "a" })).toEqual({ description: job("a"), note: null, changes: [] });
    expect(await folder.load({ project: "p", job: "b" })).toBeNull();
    expect(await folder.load({ project: "p", job: "../outside" })).toBeNull();
    expect(await folder.load({ project: "..", job: "a" })).toBeNull();
    symlinkSync(join(dir, "p"), join(dir, "linked"));
    put("p/b.json", { ...job("b"), ProjectName: "linked" });
    expect(await folder.load({ project: "linked", job: "b" })).toBeNull();
    put("p/c.json", "{");
    await expect(folder.load({ project: "p", job: "c" })).rejects.toThrow("is not valid JSON: cut off");
  });
});

describe("jobFolderWriter", () => {
  it("writes what jobFolder reads, replaces what was there, and leaves no other file", async () => {
    const { write } = jobFolderWriter(dir);
    await write({ project: "p", job: "a" }, "{");
    await write({ project: "p", job: "a" }, JSON.stringify(job("a")));

    expect(await open().find("p", "a")).toEqual(job("a"));
    expect(execFileSync("find", [dir, "-type", "f"], { encoding: "utf8" })).toBe(`${join(dir, "p/a.json")}\n`);
  });

  it("leaves no file behind when it cannot put the new one in its place", async () => {
    mkdirSync(join(dir, "p/a.json"), { recursive: true });

    await expect(jobFolderWriter(dir).write({ project: "p", job: "a" }, "{}")).rejects.toThrow();
    expect(execFileSync("find", [dir, "-type", "f"], { encoding: "utf8" })).toBe("");
  });

  it("writes through no linked folder and over no linked file", async () => {
    const outside = mkdtempSync(join(tmpdir(), "packdrift-outside-"));
    writeFileSync(join(outside, "a.json"), "theirs");
    symlinkSync(outside, join(dir, "linked"));
    mkdirSync(join(dir, "p"));
    symlinkSync(join(outside, "a.json"), join(dir, "p/a.json"));
    const { write } = jobFolderWriter(dir);

    await expect(write({ project: "linked", job: "a" }, "{}")).rejects.toThrow(
      `Cannot write job "linked/a": "${join(dir, "linked")}" is a link, not a folder`,
    );
    await write({ project: "p", job: "a" }, "ours");
    expect([readdirSync(outside), readFileSync(join(outside, "a.json"), "utf8")]).toEqual([["a.json"], "theirs"]);
    rmSync(outside, { recursive: true });
  });

  it("refuses names that lead out of the archive", async () => {
    await expect(jobFolderWriter(dir).write({ project: "..", job: "a" }, "{}")).rejects.toThrow(
      'Cannot use project name ".."',
    );
  });
});
