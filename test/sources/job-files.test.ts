import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { InvalidInputError, JobUnavailableError } from "../../src/base/errors.js";
import { fileJobs, readJobFile } from "../../src/sources/job-files.js";
import { asNobody } from "../as-nobody.js";

const REF = { project: "weld-seams", job: "xavier" };
const ANSWER = { ModelPackagingDescription: { JobName: "xavier" } };
const CHANGED = new Date("2023-04-05T06:07:08.000Z");

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "packdrift-"));
});

afterEach(() => rm(folder, { recursive: true }));

async function file(name: string, content: string | Uint8Array = JSON.stringify(ANSWER)): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  await utimes(path, CHANGED, CHANGED);
  return path;
}

async function failureOf(read: Promise<unknown>): Promise<readonly [string, string]> {
  const error: unknown = await read.then(
    () => null,
    (thrown) => thrown,
  );
  if (!(error instanceof JobUnavailableError)) throw error ?? new Error("did not fail");
  return [error.reason, error.message.replaceAll(folder, "DIR")];
}

describe("readJobFile", () => {
  it("reads an answer of DescribeCompilationJob as the packaging job with the same requirements", async () => {
    const compiled = { CompilationJobName: "caps-1", OutputConfig: { TargetDevice: "ml_c5" } };

    expect(await readJobFile(await file("job.json", JSON.stringify(compiled)))).toEqual({
      answer: {
        ModelPackagingDescription: {
          JobName: "caps-1",
          ProjectName: "sagemaker-neo",
          ModelPackagingConfiguration: { Greengrass: { TargetPlatform: { Os: "LINUX", Arch: "X86_64" } } },
        },
      },
      fetchedAt: CHANGED.toISOString(),
      notes: ["TargetPlatform stands for TargetDevice ml_c5"],
    });
    const other = await file("other.json", JSON.stringify({ ...compiled, OutputConfig: { TargetDevice: "rasp3b" } }));
    expect(await failureOf(readJobFile(other))).toEqual([
      "NOT_A_JOB",
      expect.stringContaining('is a Neo compilation job for "rasp3b" that no packaging job can name'),
    ]);
  });

  it("returns the answer, and the file's time of change", async () => {
    expect(await readJobFile(await file("job.json"))).toEqual({ answer: ANSWER, fetchedAt: CHANGED.toISOString() });
  });

  it("follows a symbolic link", async () => {
    await symlink(await file("job.json"), join(folder, "link"));

    expect((await readJobFile(join(folder, "link"))).answer).toEqual(ANSWER);
  });

  it.each([
    ["is empty", "", "is empty, not JSON"],
    ["is binary", Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 0xff), "is binary, not text in UTF-8"],
    ["is an HTML page", "<html></html>", "is an HTML page, not JSON"],
    ["is cut off", '{"ModelPackagingDescription": {', "is not valid JSON: cut off"],
  ])("reports a file that %s", async (_, content, why) => {
    const path = await file("job.json", content);

    expect(await failureOf(readJobFile(path))).toEqual(["NOT_A_JOB", `Cannot read job from "DIR/job.json": ${why}`]);
  });

  it("refuses a file of 1 GB without reading it", async () => {
    const path = await file("job.json");
    await truncate(path, 1_000_000_000);

    expect(await failureOf(readJobFile(path))).toEqual([
      "NOT_A_JOB",
      'Cannot read job from "DIR/job.json": needs at most 1048576 bytes, has 1000000000',
    ]);
  });

  it("refuses a folder, a pipe, a socket and a device", async () => {
    execFileSync("mkfifo", [join(folder, "pipe")]);
    const server = createServer();
    await new Promise<void>((listening) => server.listen(join(folder, "socket"), listening));
    const found: unknown[] = [];
    for (const path of [folder, join(folder, "pipe"), join(folder, "socket"), "/dev/zero"]) {
      found.push(await failureOf(readJobFile(path)));
    }
    await new Promise((closed) => server.close(closed));

    expect(found).toEqual([
      ["NOT_A_JOB", 'Cannot read job from "DIR": needs a regular file, is a folder'],
      ["NOT_A_JOB", 'Cannot read job from "DIR/pipe": needs a regular file, is a pipe'],
      ["NOT_A_JOB", 'Cannot read job from "DIR/socket": needs a regular file, is a socket'],
      ["NOT_A_JOB", 'Cannot read job from "/dev/zero": needs a regular file, is a device'],
    ]);
  });

  it("reports a path that leads nowhere", async () => {
    await file("job.json");
    await symlink("loop", join(folder, "loop"));

    expect(await failureOf(readJobFile(join(folder, "none")))).toEqual([
      "NOT_FOUND",
      'Cannot read job from "DIR/none": there is no such file (ENOENT)',
    ]);
    expect(await failureOf(readJobFile(join(folder, "job.json", "x")))).toEqual([
      "NOT_FOUND",
      'Cannot read job from "DIR/job.json/x": a part of its path is not a folder (ENOTDIR)',
    ]);
    expect(await failureOf(readJobFile(join(folder, "loop")))).toEqual([
      "FAILED",
      'Cannot read job from "DIR/loop": too many symbolic links (ELOOP)',
    ]);
  });

  it("reports a file that it may not read", async () => {
    const path = await file("job.json");
    await chmod(path, 0);

    expect(await asNobody(() => failureOf(readJobFile(path)))).toEqual([
      "DENIED",
      'Cannot read job from "DIR/job.json": permission denied (EACCES)',
    ]);
  });
});

describe("fileJobs", () => {
  it("answers every name from one file", async () => {
    const jobs = fileJobs(await file("job.json"));

    expect(jobs.name).toBe(`file ${folder}/job.json`);
    expect(await jobs.describe(REF)).toEqual({ answer: ANSWER, fetchedAt: CHANGED.toISOString() });
  });

  it("finds a job in a folder by its project and name", async () => {
    await mkdir(join(folder, "weld-seams"));
    await file("weld-seams/xavier.json");
    const jobs = fileJobs(folder);

    expect(await jobs.describe(REF)).toEqual({ answer: ANSWER, fetchedAt: CHANGED.toISOString() });
    expect(await failureOf(jobs.describe({ ...REF, job: "other" }))).toEqual([
      "NOT_FOUND",
      'Cannot read job from "DIR/weld-seams/other.json": there is no such file (ENOENT)',
    ]);
  });

  it("never leaves its folder, whatever the name", async () => {
    await expect(fileJobs(folder).describe({ project: "..", job: "x" })).rejects.toThrow(InvalidInputError);
    await expect(fileJobs(folder).describe({ project: "p", job: "../../etc/passwd" })).rejects.toThrow(
      InvalidInputError,
    );
  });

  it("reports that there is nothing at its path", async () => {
    expect(await failureOf(fileJobs(join(folder, "none")).describe(REF))).toEqual([
      "NOT_FOUND",
      'Cannot read job from "DIR/none": there is no such file (ENOENT)',
    ]);
  });
});
