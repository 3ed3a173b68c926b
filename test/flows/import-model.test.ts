import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { command, packdrift } from "./cli.js";

const MATERIAL = join(import.meta.dirname, "../model/material/arm64");
const COMPONENT = "com.example.factory.BottleCaps";

let folder: string;
let dir: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "packdrift-import-model-"));
  dir = join(folder, "archive");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A model's folder as the nucleus unpacks it, with its manifest and one stage. */
function unpacked(): string {
  const version = join(folder, "packages/artifacts-unarchived", COMPONENT, "4.0.0");
  const model = join(version, "caps_greengrass_model_component");
  mkdirSync(join(model, "anomaly"), { recursive: true });
  cpSync(join(MATERIAL, "compiled.so"), join(model, "anomaly/compiled.so"));
  writeFileSync(
    join(model, "manifest.json"),
    JSON.stringify({ model_graph: { stages: [{ type: "anomaly", threshold: 0.5 }] }, compilable_models: [] }),
  );
  return version;
}

const importOf = (...args: readonly string[]) => command(["archive", "import", "--dir", dir, ...args]);

/** The job as the archive serves it. */
async function shown(job: string) {
  const { out } = await command(["archive", "show", "--dir", dir, job, "--json"]);
  return JSON.parse(out).ModelPackagingDescription;
}

describe("archive import of a component's folder", () => {
  it("reconstructs a job that the archive's verify finds sound, and says what it guessed", async () => {
    const imported = await importOf(unpacked());

    expect(imported).toMatchObject({ code: 0, err: "" });
    expect(imported.out).toContain("(reconstructed from a packaged model's files)");
    expect(imported.out).toContain("note: component and version are those of the folder's path");
    expect(imported.out).toContain("1 file: 1 imported, 0 unchanged, 0 refused\n");
    const job = "com-example-factory-BottleCaps/com-example-factory-BottleCaps-4-0-0";
    expect((await shown(job)).ModelPackagingConfiguration.Greengrass).toEqual({
      CompilerOptions: '{"gpu-code":"sm_53","trt-ver":"7.1.3","cuda-ver":"11.8"}',
      TargetPlatform: { Os: "LINUX", Arch: "ARM64", Accelerator: "NVIDIA" },
      ComponentName: COMPONENT,
      ComponentVersion: "4.0.0",
    });
    expect(JSON.parse(readFileSync(join(dir, `${job}.json`), "utf8")).packdrift).toMatchObject({
      origin: "MODEL",
      reconstructed: true,
      from: "caps_greengrass_model_component",
    });
    expect((await packdrift(["archive", "verify", "--dir", dir])).code).toBe(0);
    expect((await importOf(unpacked())).out).toContain("0 imported, 1 unchanged, 0 refused");
  });

  it("reads a recipe in the folder and tags with the model", async () => {
    const version = unpacked();
    const recipe = { RecipeFormatVersion: "2020-01-25", ComponentName: COMPONENT, ComponentVersion: "4.0.1" };
    writeFileSync(join(version, "recipe.json"), JSON.stringify(recipe));
    const tags = join(folder, "tags.json");
    writeFileSync(tags, JSON.stringify({ project: "bottle-caps", job: "caps-7", "gpu-code": "sm_72" }));

    const imported = await importOf(version, "--tags", tags);

    expect(imported).toMatchObject({ code: 0, err: "" });
    expect(imported.out).toContain("the tag gpu-code is sm_72, but the model's files say sm_53");
    expect(await shown("bottle-caps/caps-7")).toMatchObject({
      ModelPackagingOutputDetails: { Greengrass: { ComponentName: COMPONENT, ComponentVersion: "4.0.1" } },
    });
    expect((await command(["archive", "verify", "--dir", dir])).code).toBe(0);
  });

  it("replaces what a recipe alone stated, and is not replaced by it", async () => {
    const recipe = join(folder, "recipe.json");
    const document = { RecipeFormatVersion: "2020-01-25", ComponentName: COMPONENT, ComponentVersion: "4.0.0" };
    writeFileSync(recipe, JSON.stringify({ ...document, ComponentPublisher: "Amazon Lookout for Vision" }));
    await importOf(recipe);

    expect((await importOf(unpacked())).out).toContain("replaces a job from a lesser source (RECIPE)");
    expect((await importOf(recipe)).out).toContain("the stored job is from a better source (MODEL)");
  });

  it("refuses a folder that is not a packaged model", async () => {
    const other = join(folder, "other");
    mkdirSync(other);
    writeFileSync(join(other, "main.py"), "print(1)\n");

    const refused = await importOf(other);

    expect(refused.code).toBe(1);
    expect(refused.out).toContain(
      `${other}\n  refused   is not a packaged model: it has neither compiled.so, compiled.meta or compiled_model.json, nor a manifest.json with a model's stages\n`,
    );
  });
});
