import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const TOP = join(import.meta.dirname, "../..");

function addMachine(...args: readonly string[]) {
  const { status, stderr } = spawnSync(process.execPath, [join(TOP, "scripts/add-machine.mjs"), ...args], {
    encoding: "utf8",
  });
  return { status, stderr };
}

describe("npm run add-machine", () => {
  it.each([
    [["../x", "machine.tgz", "A machine"], 'the name must be of lower-case letters, digits and hyphens, is "../x"'],
    [["line-7", "machine.tgz"], 'the title is missing: npm run add-machine NAME SNAPSHOT "TITLE"'],
    [["line-7", "no-such.tgz", "A machine"], "there is no file no-such.tgz"],
    [["agx-xavier-jp45", "package.json", "A machine"], "/test/hosts/agx-xavier-jp45 is there already"],
  ])("refuses %j and writes nothing", (args, why) => {
    const { status, stderr } = addMachine(...args);

    expect(status).toBe(1);
    expect(stderr).toMatch(/^Cannot add the machine: /);
    expect(stderr).toContain(why);
    expect(existsSync(join(TOP, "test/hosts/line-7"))).toBe(false);
  });
});
