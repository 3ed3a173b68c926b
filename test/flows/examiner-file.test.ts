import { appendFileSync, cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runProgram } from "../run-program.js";
import { ARTIFACTS, VERSION } from "./flow-parts.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "packdrift-artifacts-"));
  for (const name of ["packdrift.mjs", "examiner.cjs"]) cpSync(join(ARTIFACTS, name), join(folder, name));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const packdrift = (...args: readonly string[]) =>
  runProgram(process.execPath, [join(folder, "packdrift.mjs"), ...args], { PATH: process.env.PATH ?? "" });

describe("the program", () => {
  it("refuses an examiner.cjs that is not of its own build, in one line", async () => {
    appendFileSync(join(folder, "examiner.cjs"), "\n");

    const { code, out, err } = await packdrift("facts");

    expect([code, out]).toEqual([3, ""]);
    expect(err).toMatch(/^packdrift: Cannot run ".+examiner\.cjs" of packdrift .+; deploy the component again\n$/);
  });

  it("does not start as a component without it", async () => {
    rmSync(join(folder, "examiner.cjs"));

    expect(await packdrift("run", "--thing", "line-4", "--work", folder)).toMatchObject({
      code: 3,
      err: `packdrift: Cannot load the examiner's program: needs "${join(folder, "examiner.cjs")}", which is not there; deploy the component again\n`,
    });
    expect((await packdrift("--version")).out).toBe(`${VERSION}\n`);
  });
});
