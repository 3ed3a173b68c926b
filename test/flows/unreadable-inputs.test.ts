import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { command } from "./cli.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "packdrift-unreadable-"));
  mkdirSync(join(folder, "empty"));
  mkdirSync(join(folder, "archive"));
  writeFileSync(join(folder, "file"), "");
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
};

describe("what a command cannot read", () => {
  it.each(Object.keys(READERS))("is refused in words, not in the system's own: %s", async (name) => {
    const argsFor = READERS[name] as (typeof READERS)[string];
    for (const path of ["nosuch", "empty", "file/inside"].map((inner) => join(folder, inner))) {
      const { code, out, err } = await command(argsFor(path));

      expect(code, path).not.toBe(0);
      expect(`${out}${err}`, path).not.toMatch(/\bE[A-Z]+:|illegal operation|, (open|read|stat|scandir)\b/);
    }
  });
});
