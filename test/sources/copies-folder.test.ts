import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { InvalidInputError, JobUnavailableError } from "../../src/base/errors.js";
import { jobCopies } from "../../src/sources/copies-folder.js";
import type { JobSource } from "../../src/sources/source.js";
import { sourceWithCopies } from "../../src/sources/stored-copies.js";

const REF = { project: "weld-seams", job: "xavier" };

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "packdrift-"));
});

afterEach(() => rm(folder, { recursive: true }));

describe("jobCopies", () => {
  it("reads what was written last, and null before", async () => {
    const copies = jobCopies(join(folder, "new", "copies"));

    expect(await copies.read(REF)).toBeNull();
    await copies.write(REF, "one");
    await copies.write(REF, "two");
    await copies.write({ ...REF, job: "other" }, "three");

    expect(await copies.read(REF)).toBe("two");
  });

  it("writes a file for its owner alone and leaves no other file behind", async () => {
    await jobCopies(folder).write(REF, "one");

    expect(await readdir(join(folder, "weld-seams"))).toEqual(["xavier.json"]);
    const modes = await Promise.all(["weld-seams", "weld-seams/xavier.json"].map((name) => stat(join(folder, name))));
    expect(modes.map(({ mode }) => (mode & 0o777).toString(8))).toEqual(["700", "600"]);
  });

  it("keeps one of two copies that are written at the same time, whole, and fails for neither", async () => {
    const copies = jobCopies(folder);
    const texts = ["one", "two", "three"];

    await Promise.all(texts.map((text) => copies.write(REF, text.repeat(10_000))));

    expect(texts.map((text) => text.repeat(10_000))).toContain(await copies.read(REF));
    expect(await readdir(join(folder, "weld-seams"))).toEqual(["xavier.json"]);
  });

  it("leaves no temporary file when a copy cannot be put in place", async () => {
    await mkdir(join(folder, "weld-seams", "xavier.json"), { recursive: true });

    await expect(jobCopies(folder).write(REF, "one")).rejects.toThrow("EISDIR");
    expect(await readdir(join(folder, "weld-seams"))).toEqual(["xavier.json"]);
    await expect(jobCopies(folder).read(REF)).rejects.toThrow("not a regular file");
  });

  it("sets a copy aside without deleting it", async () => {
    const copies = jobCopies(folder);
    await copies.write(REF, "damaged");

    const place = await copies.setAside(REF);

    expect(place).toBe(join(folder, "weld-seams", "xavier.json.damaged"));
    expect(await readFile(place, "utf8")).toBe("damaged");
    expect(await copies.read(REF)).toBeNull();
  });

  it("does not read a copy that has grown beyond any answer", async () => {
    const copies = jobCopies(folder);
    await copies.write(REF, "{}");
    await truncate(join(folder, "weld-seams", "xavier.json"), 1_000_000_000);

    expect(await copies.read(REF)).toBe("too large");
  });

  it.each([
    { project: "..", job: "x" },
    { project: "p", job: "../x" },
    { project: "p/q", job: "x" },
    { project: "p", job: "" },
    { project: "p", job: "x\u0000" },
  ])("never leaves its folder: $project, $job", async (ref) => {
    const copies = jobCopies(folder);

    await expect(Promise.resolve().then(() => copies.read(ref))).rejects.toThrow(InvalidInputError);
    await expect(Promise.resolve().then(() => copies.write(ref, "x"))).rejects.toThrow(InvalidInputError);
    await expect(Promise.resolve().then(() => copies.setAside(ref))).rejects.toThrow(InvalidInputError);
    expect(await readdir(folder)).toEqual([]);
  });

  it("keeps the last good copy over a restart, and discards a damaged one", async () => {
    let answer: unknown = { JobName: "xavier", Status: "SUCCEEDED" };
    const source: JobSource = {
      name: "api https://example.test",
      async describe() {
        if (answer === null) throw new JobUnavailableError("it is gone", "GONE");
        return { answer, fetchedAt: "2026-01-02T03:04:05.000Z" };
      },
    };
    const find = () => sourceWithCopies(source, jobCopies(folder))(REF);
    const fresh = await find();
    answer = null;

    const stale = { reason: "GONE", message: "it is gone" };
    expect(await find()).toEqual({ ...fresh, origin: { ...fresh.origin, stale } });

    const path = join(folder, "weld-seams", "xavier.json");
    await writeFile(path, (await readFile(path, "utf8")).replace("SUCCEEDED", "FAILED"));
    await expect(find()).rejects.toThrow(
      `it is gone; the last good copy is damaged (its digest does not match) and was moved to ${path}.damaged`,
    );
    await expect(find()).rejects.toThrow(/^it is gone$/);
  });
});
