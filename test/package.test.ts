import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TOP, VERSION } from "./flows/flow-parts.js";

describe("the npm package", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "packdrift-package-"));
    execFileSync("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder], { cwd: TOP });
    execFileSync("tar", ["-xzf", `packdrift-${VERSION}.tgz`], { cwd: folder });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("holds the program, which starts by itself", () => {
    const program = join(folder, "package/dist/packdrift.mjs");
    // As npm does when it installs.
    chmodSync(program, 0o755);

    expect(execFileSync(program, ["--version"], { encoding: "utf8" })).toBe(`${VERSION}\n`);
    expect(execFileSync(program, ["facts"], { encoding: "utf8" })).toContain("machine");
  });

  it("holds the receiver with its types, the native part, the report's schema and what it is made of", () => {
    const files = execFileSync("find", ["package", "-type", "f", "-size", "+0"], { cwd: folder, encoding: "utf8" });

    for (const file of [
      "dist/index.mjs",
      "dist/types/index.d.ts",
      "dist/examiner.cjs",
      "dist/aws-crt-x64.node",
      "dist/aws-crt-arm64.node",
      "src/report/report.schema.json",
      "src/model/model.schema.json",
      "src/config/settings.schema.json",
      "dist/THIRD-PARTY-NOTICES.txt",
      "dist/sbom.cdx.json",
      "dist/SHA256SUMS",
      "recipe/recipe.yaml",
    ]) {
      expect(files.split("\n")).toContain(`package/${file}`);
    }
  });
});
