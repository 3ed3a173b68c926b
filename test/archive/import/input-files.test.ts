import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { importInputs } from "../../../src/archive/import/input-files.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "packdrift-import-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function lay(...paths: readonly string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), "{}");
  }
}
const below = (paths: readonly string[]) => paths.map((path) => relative(folder, path));

/** The inputs for the folder, where those that end with `model` hold one. */
async function inputsOf() {
  const [input] = await importInputs([folder], (path) => path.endsWith("model"));
  return { files: below(input?.files ?? []), models: below(input?.models ?? []) };
}

describe("importInputs", () => {
  it("lists a folder's files by name, without hidden ones and links", async () => {
    lay("b.json", "a/c.json", ".hidden", ".git/config");
    symlinkSync(join(folder, "b.json"), join(folder, "link.json"));

    expect(await inputsOf()).toEqual({ files: ["a/c.json", "b.json"], models: [] });
  });

  it("treats a packaged model's folder as one input, with what may be its recipe", async () => {
    lay("model/compiled.meta", "model/recipe.json", "model/com.example.yaml", "model/sub/x.json", "answer.json");

    expect(await inputsOf()).toEqual({
      files: ["answer.json", "model/com.example.yaml", "model/recipe.json"],
      models: ["model"],
    });
  });

  it("finds several models", async () => {
    lay("store/a/1.0.0/model/compiled.so", "store/b/1.0.0/model/compiled.so");

    expect((await inputsOf()).models).toEqual(["store/a/1.0.0/model", "store/b/1.0.0/model"]);
  });

  it("refuses a path that does not exist", async () => {
    await expect(importInputs([join(folder, "nothing")], () => false)).rejects.toThrow("does not exist");
  });
});
