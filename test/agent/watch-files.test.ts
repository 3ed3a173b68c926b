import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { fileFingerprints } from "../../src/agent/watch-files.js";

const roots: string[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true });
});

/** A root in a folder whose own path looks like a kernel's file system, and a way to fill it. */
function scene() {
  const made = mkdtempSync(join(tmpdir(), "packdrift-watch-"));
  roots.push(made);
  const root = join(made, "sys/proc/root");
  const put = (path: string, text: string, at?: Date) => {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    if (at !== undefined) utimesSync(file, at, at);
    return file;
  };
  return { root, put, fingerprint: fileFingerprints(root) };
}
const LONG_AGO = new Date("2020-01-01T00:00:00Z");

describe("fileFingerprints", () => {
  it("notices a change behind the first 1,000 characters of a file below a folder named sys", () => {
    const { put, fingerprint } = scene();
    const file = put("etc/os-release", `${" ".repeat(2_000)}a`);
    const before = fingerprint([file]);

    put("etc/os-release", `${" ".repeat(2_000)}b`, LONG_AGO);

    expect(fingerprint([file])).not.toBe(before);
  });

  it("goes by the content under /proc and /sys, whose times say nothing, behind 1,000 characters too", () => {
    const { put, fingerprint } = scene();
    const file = put("proc/driver/nvidia/version", `${" ".repeat(2_000)}a`, LONG_AGO);
    const before = fingerprint([file]);
    expect([put("proc/driver/nvidia/version", `${" ".repeat(2_000)}a`), fingerprint([file])]).toEqual([file, before]);

    put("proc/driver/nvidia/version", `${" ".repeat(2_000)}b`, LONG_AGO);

    expect(fingerprint([file])).not.toBe(before);
  });

  it("notices a file that appears, and a link that points elsewhere", () => {
    const { root, put, fingerprint } = scene();
    const link = join(root, "usr/local/cuda");
    put("usr/local/cuda-10.2/version.txt", "CUDA Version 10.2.300");
    const none = fingerprint([link]);
    symlinkSync("cuda-10.2", link);
    const first = fingerprint([link]);
    rmSync(link);
    put("usr/local/cuda-11.4/version.json", "{}");
    symlinkSync("cuda-11.4", link);

    expect(new Set([none, first, fingerprint([link])]).size).toBe(3);
    expect(fingerprint([link])).toBe(fingerprint([link]));
  });

  it("notices a file of a folder that changes", () => {
    const { root, put, fingerprint } = scene();
    put("etc/packdrift/facts.d/one.json", "{}");
    const folder = [join(root, "etc/packdrift/facts.d")];
    const before = fingerprint(folder);

    put("etc/packdrift/facts.d/one.json", "[]", LONG_AGO);

    expect(fingerprint(folder)).not.toBe(before);
  });
});
