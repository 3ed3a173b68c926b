import { execFileSync } from "node:child_process";
import builtin, {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { segmentFolder } from "../../src/outbox/segment-folder.js";
import type { Report } from "../../src/report/report.js";
import { someReport, unnumbered } from "../report/builders.js";
import { someOutbox } from "./builders.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "packdrift-segments-"));
});
afterEach(() => {
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true, force: true });
});
const report = unnumbered(someReport());
const rest = (outbox: ReturnType<typeof someOutbox>) => outbox.unsent().map(({ id }) => outbox.read(id) as Report);

describe("segmentFolder", () => {
  it("appends to what it left, reads it whole and in part, cuts, renames and removes it", () => {
    const store = segmentFolder(join(folder, "made/on/demand"));
    store.append("a", 0, Buffer.from("one"), true);
    store.append("a", 3, Buffer.from("two"), false);

    expect(String(store.read("a", 100))).toBe("onetwo");
    expect([String(store.readPart("a", 2, 2)), store.readPart("a", 5, 2), store.readPart("b", 0, 1)]).toEqual([
      "et",
      null,
      null,
    ]);
    store.cut("a", 4);
    store.rename("a", "b");
    expect([store.list(), String(store.read("b", 100)), store.read("a", 100)]).toEqual([["b"], "onet", null]);
    store.remove("b");
    store.remove("b");
    expect(store.list()).toEqual([]);
  });

  it("keeps folder and files for their owner alone", () => {
    const inner = join(folder, "outbox");
    segmentFolder(inner).append("a", 0, Buffer.from("one"), true);

    expect([statSync(inner).mode & 0o777, statSync(join(inner, "a")).mode & 0o777]).toEqual([0o700, 0o600]);
  });

  it("removes others' access to an existing folder", () => {
    const inner = join(folder, "outbox");
    mkdirSync(inner, { mode: 0o755 });
    const before = process.umask(0);
    try {
      segmentFolder(inner).append("a", 0, Buffer.from("one"), true);
    } finally {
      process.umask(before);
    }

    expect([statSync(inner).mode & 0o777, statSync(join(inner, "a")).mode & 0o777]).toEqual([0o700, 0o600]);
  });

  it("refuses to write where another program has written, cut or put a file of its own", () => {
    const store = segmentFolder(folder);
    store.append("a", 0, Buffer.from("one"), true);

    expect(() => store.append("a", 0, Buffer.from("x"), true)).toThrow("another program has created it");
    expect(() => store.append("a", 2, Buffer.from("x"), true)).toThrow("another program has changed it");
    expect(() => store.append("none", 2, Buffer.from("x"), true)).toThrow("ENOENT");
    expect(String(store.read("a", 100))).toBe("one");
  });

  it("follows no link, waits for no pipe and reads nothing over its limit", () => {
    writeFileSync(join(folder, "target"), "mine");
    symlinkSync(join(folder, "target"), join(folder, "link"));
    execFileSync("mkfifo", [join(folder, "pipe")]);
    const store = segmentFolder(folder);

    expect(() => store.read("link", 100)).toThrow("is a link, not a regular file");
    expect(() => store.append("link", 4, Buffer.from("x"), true)).toThrow("ELOOP");
    expect(() => store.read("pipe", 100)).toThrow("is not a regular file");
    expect(() => store.read("target", 3)).toThrow("has more than 3 bytes");
    expect(readFileSync(join(folder, "target"), "utf8")).toBe("mine");
  });

  it("removes others' access to an existing folder before it reads anything", () => {
    const inner = join(folder, "outbox");
    mkdirSync(inner);
    chmodSync(inner, 0o777);

    segmentFolder(inner).list();

    expect(statSync(inner).mode & 0o777).toBe(0o700);
  });

  const asRoot = it.skipIf(process.geteuid?.() !== 0);
  asRoot("reads no segment of another user", () => {
    writeFileSync(join(folder, "a"), "planted");
    chownSync(join(folder, "a"), 65_534, 65_534);

    expect(() => segmentFolder(folder).read("a", 100)).toThrow("belongs to user 65534, whose reports are not sent");
  });

  asRoot("reads as root what the work folder's user had stored before a deployment changed runWith", () => {
    const inner = join(folder, "outbox");
    segmentFolder(inner).append("a", 0, Buffer.from("one"), true);
    for (const path of [folder, inner, join(inner, "a")]) chownSync(path, 1_234, 1_234);
    const store = segmentFolder(inner);

    expect([store.list(), String(store.read("a", 100))]).toEqual([["a"], "one"]);
    store.append("a", 3, Buffer.from("two"), true);
    expect(String(store.read("a", 100))).toBe("onetwo");
  });

  it("lists nothing when there is no folder, and does not create one", () => {
    expect([segmentFolder(join(folder, "none")).list(), existsSync(join(folder, "none"))]).toEqual([[], false]);
  });

  it.each(["../a", "a/b", ".hidden", "", "a\0b", "x".repeat(300)])("refuses the name %j", (name) => {
    expect(() => segmentFolder(folder).append(name, 0, Buffer.from(""), true)).toThrow("Not a plain file name");
  });
});

describe("an outbox in a folder", () => {
  it("survives a restart", () => {
    const store = segmentFolder(join(folder, "outbox"));
    const before = someOutbox(store);
    const made = [before.add(report), before.add(report)];

    expect(rest(someOutbox(store))).toEqual(made);
  });

  it("continues in memory when the folder is a file, and recovers when it no longer is", () => {
    writeFileSync(join(folder, "outbox"), "");
    const outbox = someOutbox(segmentFolder(join(folder, "outbox")));
    const first = outbox.add(report);
    expect(outbox.storage.kind).toBe("memory");
    rmSync(join(folder, "outbox"));

    const second = outbox.add(report);

    expect(outbox.storage.kind).toBe("disk");
    expect(rest(someOutbox(segmentFolder(join(folder, "outbox"))))).toEqual([first, second]);
  });

  it("sets aside what only looks like a segment: a folder, a link, a pipe", () => {
    const name = (number: number) => join(folder, `segment-00000000000${number}.log`);
    mkdirSync(name(1));
    symlinkSync("/etc/hostname", name(2));
    execFileSync("mkfifo", [name(3)]);
    const problems: string[] = [];

    const outbox = someOutbox(segmentFolder(folder), { onProblem: (what) => problems.push(what) });

    const made = outbox.add(report);
    expect(problems).toHaveLength(3);
    expect(outbox.storage.kind).toBe("disk");
    expect(rest(someOutbox(segmentFolder(folder)))).toEqual([made]);
  });

  it("recovers when its folder is removed while it runs", () => {
    const place = join(folder, "outbox");
    const outbox = someOutbox(segmentFolder(place));
    const lost = outbox.add(report);
    rmSync(place, { recursive: true });

    const next = outbox.add(report);

    // Whoever took it may have kept a copy, in which the old epoch goes on.
    expect(next.epoch).not.toBe(lost.epoch);
    expect(outbox.storage.kind).toBe("disk");
    const after = someOutbox(segmentFolder(place));
    expect(rest(after)).toEqual([next]);
    expect(after.add(report).gaps).toEqual([{ epoch: lost.epoch, fromSequence: 1, toSequence: 1, count: 1 }]);
  });

  it("changes no mode through a link that replaces the folder after it was checked", () => {
    const [inner, elsewhere] = [join(folder, "outbox"), join(folder, "elsewhere")];
    for (const each of [inner, elsewhere]) mkdirSync(each, { mode: 0o755 });
    const { lstatSync } = builtin;
    const replaceLstat = (lstat: unknown) => {
      Object.assign(builtin, { lstatSync: lstat });
      syncBuiltinESMExports();
    };
    onTestFinished(() => replaceLstat(lstatSync));
    replaceLstat((path: string, options: object) => {
      const found = lstatSync(path, options);
      if (path === inner && found.isDirectory()) {
        rmdirSync(inner);
        symlinkSync("elsewhere", inner);
      }
      return found;
    });

    segmentFolder(inner).list();

    expect(statSync(elsewhere).mode & 0o777).toBe(0o755);
  });

  it("never follows a link in its place, and leaves the folder behind the link alone", () => {
    const elsewhere = join(folder, "elsewhere");
    mkdirSync(elsewhere, { mode: 0o755 });
    chmodSync(elsewhere, 0o755);
    symlinkSync("elsewhere", join(folder, "outbox"));
    const store = segmentFolder(join(folder, "outbox"));

    expect(() => store.list()).toThrow("is a link, not a folder");
    expect(() => store.append("a", 0, Buffer.from("one"), true)).toThrow("is a link, not a folder");
    expect([readdirSync(elsewhere), statSync(elsewhere).mode & 0o777]).toEqual([[], 0o755]);
  });
});
