import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lengthOf } from "../../src/base/text-width.js";
import { lacks } from "../needed.js";
import { type ProgramResult, runProgram } from "../run-program.js";
import { packdrift } from "./cli.js";
import { onTerminal } from "./terminal.js";

const TOP = join(import.meta.dirname, "../..");
const BUNDLE = join(TOP, "dist/packdrift.mjs");
const HOST = join(TOP, "test/hosts/agx-xavier-jp46");
const JOBS = join(TOP, "src/lab/jobs");
const JOB = join(JOBS, "x86-t4.json");

let folder: string;
let slow: Server;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "packdrift-output-"));
  await packdrift(["archive", "import", "--dir", join(folder, "archive"), JOBS]);
  writeFileSync(join(folder, "reports.json"), (await packdrift(["check", JOB, "--root", HOST, "--json"])).out);
  writeFileSync(join(folder, "config.json"), '{"jobs":[{"project":"p","job":"j"}],"source":{"type":"api"}}');
  mkdirSync(join(folder, "model"));
  writeFileSync(join(folder, "model/manifest.json"), "{}");
  slow = createServer((_, response) => {
    setTimeout(() => response.writeHead(404).end("{}"), 2_500);
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => slow.once("listening", resolve));
});
afterAll(() => {
  slow.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Every command that writes something and ends by itself, and its exit code. */
const COMMANDS: Readonly<Record<string, () => readonly [args: readonly string[], code: number]>> = {
  help: () => [["--help"], 0],
  "help of a command": () => [["check", "--help"], 0],
  "help of an action": () => [["archive", "import", "--help"], 0],
  version: () => [["--version"], 0],
  "completion bash": () => [["completion", "bash"], 0],
  facts: () => [["facts", "--root", HOST], 0],
  "facts --json": () => [["facts", "--root", HOST, "--json"], 0],
  check: () => [["check", JOB, "--root", HOST], 1],
  "check --format sarif": () => [["check", JOB, "--root", HOST, "--format", "sarif"], 1],
  preflight: () => [["preflight", "--job", JOBS, "--facts", HOST, join(TOP, "test/hosts/aws-t3-nogpu")], 1],
  "preflight --json": () => [["preflight", "--job", JOBS, "--facts", HOST, "--json"], 1],
  model: () => [["model", join(folder, "model")], 0],
  snapshot: () => [["snapshot", "--root", HOST, "-o", join(folder, "snapshot.tgz")], 0],
  verify: () => [["verify", join(folder, "reports.json")], 2],
  "config check": () => [["config", "check", join(folder, "config.json")], 0],
  "archive list": () => [["archive", "list", "--dir", join(folder, "archive")], 0],
  "archive show": () => [["archive", "show", "--dir", join(folder, "archive"), "weld-seams/weld-seams-xavier"], 0],
  "archive verify": () => [["archive", "verify", "--dir", join(folder, "archive")], 0],
  "archive import": () => [["archive", "import", "--dir", join(folder, "archive"), JOBS], 0],
};
const NAMES = Object.keys(COMMANDS);
const commandOf = (name: string) => COMMANDS[name]?.() ?? [[], 0];

/** The built program in a shell line, in which `$@` is the program with its arguments. */
function inShell(
  line: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ProgramResult> {
  const { PATH = "", HOME = "" } = process.env;
  return runProgram("bash", ["-c", line, "bash", process.execPath, BUNDLE, ...args], { PATH, HOME, ...env });
}

describe("what cannot be written", () => {
  it.each(NAMES)("ends %s with 3 and a message on a full disk", async (name) => {
    const [args] = commandOf(name);
    const { code, err } = await inShell('"$@" > /dev/full', args);

    expect({ code, err: err.split("\n").filter((line) => line.startsWith("packdrift: Cannot write")) }).toEqual({
      code: 3,
      err: ["packdrift: Cannot write to standard output: the disk is full (ENOSPC)"],
    });
  });

  it("is noticed when only the end of a text no longer fits", async () => {
    const [args] = commandOf("facts --json");
    const { code, err } = await inShell(`ulimit -f 1; "$@" > '${join(folder, "cut.json")}'`, args);

    expect([code, err]).toEqual([
      3,
      "packdrift: Cannot write to standard output: it would be larger than the limit on the size of a file (EFBIG)\n",
    ]);
  });

  it.each([
    ["/dev/full", "the disk is full (ENOSPC)"],
    ["/no/such/file.tgz", "there is no such file or folder (ENOENT)"],
    ["/", "it is a folder, not a file (EISDIR)"],
  ])("is named with its reason when snapshot writes to %s", async (file, why) => {
    const { code, err } = await packdrift(["snapshot", "--root", HOST, "-o", file]);

    expect([code, err]).toEqual([3, `packdrift: Cannot write the snapshot to "${file}": ${why}\n`]);
  });

  it("is named when the archive's folder cannot be made", async () => {
    const { code, err } = await packdrift(["archive", "import", "--dir", join(JOB, "archive"), JOBS]);

    expect([code, err]).toEqual([
      3,
      `packdrift: Cannot create the folder "${join(JOB, "archive")}": a part of its path is not a folder (ENOTDIR)\n`,
    ]);
  });
});

describe("a command that runs until it is stopped", () => {
  const serving = (port: number) => ["archive", "serve", "--dir", join(folder, "archive"), "--port", String(port)];
  const fleet = (listen: string) => ["fleet", "--store", join(folder, "fleet.db"), "--listen", listen];

  it.each([
    ["archive serve", () => serving(0)],
    ["fleet", () => fleet("0")],
    ["lab", () => ["lab"]],
  ])("ends with 3 when nothing can be written any more: %s", async (_, args) => {
    const { code, err } = await inShell('"$@" > /dev/full', args());

    expect([code, err]).toEqual([3, "packdrift: Cannot write to standard output: the disk is full (ENOSPC)\n"]);
  });

  it("ends with 0 when its reader is gone", async () => {
    const { out, err } = await inShell('"$@" | true; echo "$PIPESTATUS"', serving(0));

    expect([out, err]).toEqual(["0\n", ""]);
  });

  it.each([
    ["archive serve", "Cannot serve the archive on", (port: number) => serving(port)],
    ["fleet", "Cannot listen on", (port: number) => fleet(`127.0.0.1:${port}`)],
  ])("says in words that its port is taken: %s", async (_, cannot, args) => {
    const { port } = slow.address() as AddressInfo;
    const { code, err } = await inShell('"$@"', args(port));

    expect([code, err.split("\n")[0]]).toEqual([
      3,
      `packdrift: ${cannot} 127.0.0.1:${port}: the address is already in use by another program (EADDRINUSE)`,
    ]);
  });
});

describe("a reader that has gone", () => {
  it.each(NAMES)("leaves %s its own exit code, without a message", async (name) => {
    const [args, code] = commandOf(name);
    const { out, err } = await inShell('"$@" | head -1 > /dev/null; echo "$PIPESTATUS"', args);

    expect({ out, err: err.split("\n").filter((line) => /EPIPE|Cannot write|Error/.test(line)) }).toEqual({
      out: `${code}\n`,
      err: [],
    });
  });
});

/** Written for programs, not to a width. */
const FOR_PROGRAMS = /json|sarif|completion|archive show|version/;
/** A line that no blank could break further. */
const isUnbreakable = (line: string, width: number) =>
  line
    .trim()
    .split(" ")
    .some((word) => lengthOf(word) > width / 2);

describe("text", () => {
  it.each(NAMES.filter((name) => !FOR_PROGRAMS.test(name)))("of %s keeps to 80, 120 and 200 columns", async (name) => {
    const [args] = commandOf(name);
    const texts = await Promise.all(
      [80, 120, 200].map(async (width) => {
        const { out } = await inShell('"$@"', args, { COLUMNS: String(width) });
        const long = out.split("\n").filter((line) => lengthOf(line) > width && !isUnbreakable(line, width));
        expect({ width, long }).toEqual({ width, long: [] });
        return out;
      }),
    );

    // Wider lines are used where a narrower text had to break.
    const lines = texts.map((text) => text.split("\n").length);
    expect(lines).toEqual([...lines].sort((a, b) => b - a));
  });

  it("in a pipe does not depend on a terminal", async () => {
    const [args] = commandOf("check");
    const [first, second] = await Promise.all([
      inShell('"$@"', args),
      inShell('"$@"', args, { TERM: "xterm", COLUMNS: "" }),
    ]);
    const timeless = ({ out }: ProgramResult) => out.replace(/\d{4}-\d\d-\d\dT\S+/, "");

    expect(timeless(first)).toBe(timeless(second));
    expect(Math.max(...first.out.split("\n").map(lengthOf))).toBeLessThanOrEqual(100);
  });
});

describe("work that takes over a second", () => {
  const asking = () => {
    const { port } = slow.address() as AddressInfo;
    return ["check", "--project", "p", "--job-name", "j", "--endpoint", `http://127.0.0.1:${port}`, "--root", HOST];
  };

  it.skipIf(lacks("script"))("shows what it waits for on a terminal, and removes it", async () => {
    const { text, lines } = await onTerminal(asking(), { COLUMNS: "100" });

    expect(text).toMatch(/Asking http:\/\/127\.0\.0\.1:\d+ for the job … [12] s/);
    expect(lines.filter((line) => line.includes("Asking"))).toEqual([]);
  });

  it("shows no progress elsewhere", async () => {
    const { out, err } = await inShell('"$@"', asking());

    expect([out.includes("Asking"), err]).toEqual([false, ""]);
  });
});
