import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Change, changedText, changeLedger, changing } from "../../scripts/build/changes.mjs";
import { EXAMINER_CHANGES, KEEPER_CHANGES } from "../../scripts/build/device-changes.mjs";

const quiet: Change = {
  name: "the greeting",
  file: /polite\/index\.js$/,
  expects: ['"hello"'],
  change: (text) => text.replace('"hello"', '""'),
};

/** Bundles a program that imports a dependency with that text, with the change above. */
async function bundledWith(dependency: string, program = 'import "polite";') {
  const folder = mkdtempSync(join(tmpdir(), "packdrift-changes-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, "node_modules/polite"), { recursive: true });
  writeFileSync(join(folder, "node_modules/polite/index.js"), dependency);
  writeFileSync(join(folder, "program.js"), program);
  const ledger = changeLedger();
  const { outputFiles } = await build({
    entryPoints: [join(folder, "program.js")],
    bundle: true,
    write: false,
    logLevel: "silent",
    plugins: [changing([quiet], ledger)],
  });
  ledger.assertAllMade();
  return outputFiles[0]?.text;
}

describe("a change to a dependency", () => {
  it("is made in the file that it names", async () => {
    expect(await bundledWith('console.log("hello");')).toContain('console.log("")');
  });

  it("fails the build when the file no longer holds what is replaced", async () => {
    await expect(bundledWith('console.log("good morning");')).rejects.toThrow(
      /Cannot change .*polite\/index\.js \(the greeting\): expected "\\"hello\\"" in it, which is not there/,
    );
  });

  it("fails the build when the file is no longer bundled", async () => {
    await expect(bundledWith("", "console.log(1);")).rejects.toThrow(
      "the greeting: expected a file that matches /polite\\/index\\.js$/, which did not occur",
    );
  });

  it("fails when it leaves the file as it was", () => {
    expect(() => changedText({ ...quiet, change: (text) => text }, "index.js", '"hello"')).toThrow(
      "Cannot change index.js (the greeting): the file came out unchanged",
    );
  });

  it.each([...KEEPER_CHANGES, ...EXAMINER_CHANGES])(
    "is refused for a file without what it expects: $name",
    (change) => {
      for (const expected of change.expects) {
        const others = change.expects.filter((other) => !other.includes(expected)).join("\n");
        expect(() => changedText(change, "index.js", others)).toThrow(`expected ${JSON.stringify(expected)} in it`);
      }
      expect(change.expects).not.toEqual([]);
    },
  );
});
