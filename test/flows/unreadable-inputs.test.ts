import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { command, packdrift } from "./cli.js";

let folder: string;
let work: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "packdrift-unreadable-"));
  work = join(folder, "work");
  for (const name of ["empty", "archive", "work"]) mkdirSync(join(folder, name));
  writeFileSync(join(folder, "file"), "");
  execFileSync("mkfifo", [join(folder, "pipe")]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Every place on the command line that takes a file or a folder to read. */
const READERS: Readonly<Record<string, (path: string) => string[]>> = {
  check: (path) => ["check", path],
  "preflight --job": (path) => ["preflight", "--facts", "/nosuch", "--job", path],
  "preflight --facts": (path) => ["preflight", "--job", "/nosuch", "--facts", path],
  verify: (path) => ["verify", path],
  "verify --key": (path) => ["verify", "--key", path, "/nosuch"],
  "doctor --config": (path) => ["doctor", "--config", path],
  "config check": (path) => ["config", "check", path],
  "archive import": (path) => ["archive", "import", "--dir", join(folder, "archive"), path],
  "archive import --tags": (path) => ["archive", "import", "--dir", join(folder, "archive"), "--tags", path, folder],
  "archive serve --credentials": (path) => serve(["--credentials", path]),
  "archive serve --tls-cert": (path) => serve(["--tls-cert", path, "--tls-key", path]),
};
function serve(options: readonly string[]): string[] {
  return ["archive", "serve", "--dir", join(folder, "archive"), "--port", "0", ...options];
}

/** The same of commands that a process of their own runs. */
const PROCESSES: Readonly<Record<string, (path: string) => string[]>> = {
  "run --config": (path) => ["run", "--thing", "line-3", "--work", work, "--config", path],
  "fleet --alarms": (path) => fleet(["--alarms", path]),
  "fleet --tls-cert": (path) => fleet(["--tls-cert", path, "--tls-key", path]),
};
function fleet(options: readonly string[]): string[] {
  return ["fleet", "--store", join(folder, "fleet.db"), "--listen", "127.0.0.1:0", ...options];
}

describe("what a command cannot read", () => {
  it.each(Object.keys(READERS))("is refused in words, not in the system's own: %s", async (name) => {
    const argsFor = READERS[name] as (typeof READERS)[string];
    for (const path of ["nosuch", "empty", "file/inside"].map((inner) => join(folder, inner))) {
      const { code, out, err } = await command(argsFor(path));

      expect(code, path).not.toBe(0);
      expect(`${out}${err}`, path).not.toMatch(/\bE[A-Z]+:|illegal operation|, (open|read|stat|scandir)\b/);
    }
  });

  const all = { ...READERS, ...PROCESSES };
  it.each(Object.keys(all))("is refused at once where it is a pipe or has no end: %s", async (name) => {
    const isProcess = name in PROCESSES;
    for (const path of [join(folder, "pipe"), ...(isProcess ? [] : ["/dev/zero"])]) {
      const args = all[name]?.(path) ?? [];
      const run = isProcess ? packdrift : command;
      const { code, out, err } = await run(args);

      expect(code, `${path}: ${out}${err}`).not.toBe(0);
      expect(`${out}${err}`).toContain(path);
    }
  });

  it("does not stop the doctor: a pipe in place of the stored configuration", async () => {
    execFileSync("mkfifo", [join(work, "settings.json")]);

    const { out } = await command(["doctor", "--work", work, "--json"]);

    expect(JSON.parse(out)).toMatchObject({ schema: expect.stringMatching(/^packdrift\.doctor\//) });
  });
});
