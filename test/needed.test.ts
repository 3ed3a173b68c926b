import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import type { Part } from "./needed.js";

const TEST = import.meta.dirname;
const NEEDED = join(TEST, "needed.ts");
/** How a call that starts a program names it. */
const PROGRAMS: Readonly<Record<string, Part>> = {
  '"openssl"': "openssl",
  '"/usr/sbin/mosquitto"': "mosquitto",
  '"mandoc"': "mandoc",
  '"promtool"': "promtool",
  '"psql"': "PostgreSQL",
  '"python3"': "python3",
  '"script"': "script",
  '"systemd-analyze"': "systemd-analyze",
};
const STARTS = /(?:spawn|spawnSync|execFile|execFileSync|promisify\(execFile\)|runProgram)\(\s*("[^"]+")/g;

describe("tests that start a program", () => {
  const tests = readdirSync(TEST, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".test.ts"))
    .map((path) => join(TEST, path));

  it.each(Object.entries(PROGRAMS))("of %s are skipped where it is not installed", (name, part) => {
    const wanted = part === "python3" ? ["python3", "boto3"] : [part];
    const unguarded = tests.filter((path) => {
      const files = withHelpers(path);
      const starts = [...files.values()].some((text) => [...text.matchAll(STARTS)].some(([, first]) => first === name));
      const isGuarded = wanted.some((each) =>
        [...files.values()].some((text) => new RegExp(`lacks\\([^)]*"${each}"`).test(text)),
      );
      return starts && !isGuarded;
    });

    expect(unguarded.map((path) => relative(TEST, path))).toEqual([]);
  });
});

/** The texts of a test and of the helpers that it imports, which are no tests, by path. */
function withHelpers(path: string, found = new Map<string, string>()): ReadonlyMap<string, string> {
  const text = readFileSync(path, "utf8");
  found.set(path, text);
  for (const [, name = ""] of text.matchAll(/from "(\.[^"]+)\.js"/g)) {
    const helper = join(dirname(path), `${name}.ts`);
    if (helper.startsWith(TEST) && helper !== NEEDED && !found.has(helper)) withHelpers(helper, found);
  }
  return found;
}
