import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ExpectedError } from "../../src/base/errors.js";
import { problemOfFile, runProgramFile } from "../../src/bundle/program-file.js";

const CODE =
  "(function (require, module, exports, packdriftUrl) { exports.found = [typeof require('node:fs'), packdriftUrl]; })";
const sha256Of = (text: string) => createHash("sha256").update(text).digest("hex");
const require = createRequire(import.meta.url);

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "packdrift-program-"));
  path = join(folder, "examiner.cjs");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("runProgramFile", () => {
  it("returns what the file exports, and the file a require and its own URL", () => {
    writeFileSync(path, CODE);

    const { found } = runProgramFile({ path, sha256: sha256Of(CODE) }, null, require);

    expect(found).toEqual(["object", pathToFileURL(path).href]);
  });

  it("runs no file of another build, nor a damaged one", () => {
    const changed = CODE.replace("'node:fs'", "'node:os'");
    writeFileSync(path, changed);

    expect(() => runProgramFile({ path, sha256: sha256Of(CODE) }, null, require)).toThrow(
      new ExpectedError(
        `Cannot run "${path}" of packdrift ${PACKDRIFT_VERSION}: its SHA-256 must be ${sha256Of(CODE)}, is ${sha256Of(changed)}: the file is damaged or of another build; deploy the component again`,
      ),
    );
  });
});

describe("problemOfFile", () => {
  it("is null for the file that belongs to this program", () => {
    writeFileSync(path, CODE);

    expect(problemOfFile({ path, sha256: sha256Of(CODE) })).toBe(null);
  });

  it("names a file that is missing, or cannot be read", () => {
    expect(problemOfFile({ path, sha256: sha256Of(CODE) })).toBe(
      `Cannot run "${path}" of packdrift ${PACKDRIFT_VERSION}: there is no such file; deploy the component again`,
    );
    expect(problemOfFile({ path: folder, sha256: sha256Of(CODE) })).toBe(
      `Cannot run "${folder}" of packdrift ${PACKDRIFT_VERSION}: it is a folder, not a regular file`,
    );
  });
});
