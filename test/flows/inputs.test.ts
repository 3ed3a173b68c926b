import { spawn } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { command } from "./cli.js";

const TOP = join(import.meta.dirname, "../..");
const HOST = join(TOP, "test/hosts/aws-t3-nogpu");
const lab = (name: string) => join(TOP, "src/lab/jobs", `${name}.json`);
const text = (name: string) => readFileSync(lab(name), "utf8");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "packdrift-inputs-"));
  mkdirSync(join(folder, "jobs/inner"), { recursive: true });
  copyFileSync(lab("x86-cpu-avx2"), join(folder, "jobs/a.json"));
  copyFileSync(lab("x86-t4"), join(folder, "jobs/inner/b.json"));
  symlinkSync(join(folder, "jobs/a.json"), join(folder, "jobs/link.json"));
  writeFileSync(join(folder, "jobs/package.json"), '{"name": "x"}');
  writeFileSync(join(folder, "jobs/notes.txt"), "text");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const jobsIn = (out: string) => (JSON.parse(out) as { job: { name: string } }[]).map(({ job }) => job.name);
const check = (...files: readonly string[]) => command(["check", ...files, "--root", HOST, "--json"]);

/** The built program with this standard input. */
function withInput(args: readonly string[], input: string): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(TOP, "dist/packdrift.mjs"), ...args]);
    const written = { out: "", err: "" };
    child.stdout.on("data", (more) => {
      written.out += String(more);
    });
    child.stderr.on("data", (more) => {
      written.err += String(more);
    });
    child.once("close", (code) => resolve({ code, ...written }));
    child.stdin.end(input);
  });
}

describe("packdrift check", () => {
  it("accepts files and folders, each file once, and names the files of a folder that it skips because they are not jobs", async () => {
    const { code, out, err } = await check(join(folder, "jobs/a.json"), join(folder, "jobs"));

    expect([code, jobsIn(out), err.replaceAll(folder, "DIR")]).toEqual([
      1,
      ["bottle-caps-x86-cpu", "surface-scratch-t4"],
      'packdrift: Skipped "DIR/jobs/package.json": it is not a saved job\n',
    ]);
  });

  it("shows what it could read, and ends with 3 for what it could not", async () => {
    const { code, out, err } = await check(
      join(folder, "none.json"),
      lab("x86-cpu-avx2"),
      join(folder, "jobs/notes.txt"),
    );

    expect([code, jobsIn(out), err.replaceAll(folder, "DIR")]).toEqual([
      3,
      ["bottle-caps-x86-cpu"],
      'packdrift: Cannot read job from "DIR/none.json": there is no such file (ENOENT)\npackdrift: Cannot read job from "DIR/jobs/notes.txt": is not JSON\n',
    ]);
  });

  it.each([
    ["one after another", () => `${text("x86-cpu-avx2")}\n${text("x86-t4")}`],
    ["in a list", () => `[${text("x86-cpu-avx2")},${text("x86-t4")}]`],
  ])("reads several documents from standard input, %s", async (_, input) => {
    const { out, err } = await withInput(["check", "-", "--root", HOST, "--json"], input());

    expect([jobsIn(out), err]).toEqual([["bottle-caps-x86-cpu", "surface-scratch-t4"], ""]);
  });

  it("says what is wrong with standard input", async () => {
    const { code, out, err } = await withInput(["check", "--job", "-", "--root", HOST], "<html>");

    expect([code, out, err]).toEqual([
      3,
      "",
      'packdrift: Cannot read job from "standard input": is an HTML page, not JSON\n',
    ]);
  });
});

describe("packdrift preflight", () => {
  it("accepts folders of jobs and of machines, and names the files that it skips because they are neither", async () => {
    const machines = join(folder, "machines");
    mkdirSync(machines);
    cpSync(HOST, join(machines, "line-3"), { recursive: true });
    writeFileSync(join(machines, "line-4.json"), (await command(["facts", "--root", HOST, "--json"])).out);
    writeFileSync(join(machines, "tsconfig.json"), "{}");
    const args = ["preflight", "--job", join(folder, "jobs"), "--facts", machines, "--json", "--full"];
    const { code, out, err } = await command(args);
    const pairs = (JSON.parse(out).results as { job: string; machine: string }[]).map(
      ({ job, machine }) => `${job} on ${machine}`,
    );

    expect([code, pairs, err.replaceAll(folder, "DIR")]).toEqual([
      1,
      [
        "bottle-caps-x86-cpu on line-3",
        "bottle-caps-x86-cpu on line-4",
        "surface-scratch-t4 on line-3",
        "surface-scratch-t4 on line-4",
      ],
      'packdrift: Skipped "DIR/jobs/package.json": it is not a saved job\npackdrift: Skipped "DIR/machines/tsconfig.json": it is not a facts file\n',
    ]);
  });
});

describe("packdrift verify", () => {
  it("says that the output of check was never sealed, and ends with 2", async () => {
    const file = join(folder, "reports.json");
    writeFileSync(file, (await check(lab("x86-t4"))).out);
    const { code, out } = await command(["verify", file]);

    expect(code).toBe(2);
    expect(out).toContain("reports that packdrift check and preflight write have no seals");
    expect(out).not.toMatch(/not(hing)? was changed|No change was found/i);
  });

  it("ends with 2 when there is no report", async () => {
    const file = join(folder, "none.ndjson");
    writeFileSync(file, "");

    expect(await command(["verify", file])).toMatchObject({ code: 2, err: "" });
  });
});
