import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { command, packdrift } from "./cli.js";

const MATERIAL = join(import.meta.dirname, "../model/material");
const SCHEMA = JSON.parse(readFileSync(join(import.meta.dirname, "../../src/model/model.schema.json"), "utf8"));
const STORE = "greengrass/v2/packages/artifacts-unarchived/com.example.Caps";

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "packdrift-model-"));
  for (const version of ["1.0.0", "1.1.0"]) layModel(join(root, STORE, version, "a1b2_greengrass_model_component"));
  const single = "greengrass/v2/packages/artifacts-unarchived/com.example.Gears/2.0.0/gears";
  layModel(join(root, single));
  truncateSync(join(root, single, "model/compiled.so"), 2_000);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A package as the service's successor lays it: a manifest and a folder for its stage. */
function layModel(folder: string): void {
  const stage = join(folder, "model");
  mkdirSync(stage, { recursive: true });
  for (const file of ["compiled.so", "libdlr.so"]) cpSync(join(MATERIAL, "arm64", file), join(stage, file));
  writeFileSync(join(folder, "manifest.json"), JSON.stringify({ model_graph: { stages: [{ type: "model" }] } }));
  const requirements = { TargetDevice: "JETSON_XAVIER", TargetDeviceType: "gpu" };
  writeFileSync(join(stage, "compiled.meta"), JSON.stringify({ Requirements: requirements }));
}

describe("packdrift model", () => {
  it("prints what the files of a component's version say, in the form of its schema", async () => {
    const { code, out, err } = await packdrift([
      "model",
      "--component",
      "com.example.Caps=1.1.0",
      "--root",
      root,
      "--json",
    ]);

    expect([code, err]).toEqual([0, ""]);
    const told = JSON.parse(out);
    const validate = new Ajv2020({ strict: true, strictTypes: false, allowUnionTypes: true }).compile(SCHEMA);
    expect([validate(told), validate.errors]).toEqual([true, null]);
    const folder = `/${STORE}/1.1.0/a1b2_greengrass_model_component`;
    expect(told).toMatchObject({
      schema: "packdrift.model/1",
      component: "com.example.Caps",
      version: "1.1.0",
      arch: { value: "ARM64", from: `${folder}/model/compiled.so: e_machine`, how: "ELF", confidence: "FIRM" },
      accelerator: { value: "NVIDIA" },
      tensorrt: [
        { value: "7.1.3", how: "BLOB" },
        { value: "7", how: "NEEDED" },
      ],
      codes: [{ value: { kind: "PTX", sm: "sm_53" }, how: "BLOB" }],
      floors: { glibc: { value: "2.27" }, glibcxx: { value: "3.4.22" } },
      unread: [],
    });
  });

  it("shows every value with its file, its place and how sure it is", async () => {
    const { code, out } = await command(["model", join(MATERIAL, "arm64")]);

    expect(code).toBe(0);
    expect(out).toContain("A compiled model for ARM64, on an NVIDIA GPU, with TensorRT 7.1.3 and 7");
    expect(out).toMatch(/^compiled\.so {2}compiled model$/m);
    expect(out).toMatch(/^ {2}✓ tensorrt +7\.1\.3 +__tvm_dev_mblob, module tensorrt$/m);
    expect(out).toMatch(/^ {2}≠ cuda +10\.2 +DT_NEEDED libcudart\.so\.10\.2$/m);
  });

  it("ends with 2 when there is no file to read", async () => {
    const empty = mkdtempSync(join(tmpdir(), "packdrift-no-model-"));
    const { code, out } = await command(["model", empty]);
    rmSync(empty, { recursive: true });

    expect(code).toBe(2);
    expect(out).toContain("No file could be read.");
  });

  it("ends with 2 when a file could not be read completely, and says why", async () => {
    const { code, out } = await command(["model", "--component", "com.example.Gears", "--root", root]);

    expect(code).toBe(2);
    expect(out).toContain("Not read, so what it says is unknown");
    expect(out).toMatch(
      /gears\/model\/compiled\.so: it is truncated: it has 2000 bytes, and\s+should have \d+ or more/,
    );
  });

  it.each([
    [["model"], "needs PATH… or --component NAME[=VERSION]"],
    [["model", "--component", "a b"], 'must be NAME or NAME=x.y.z, is "a b"'],
    [["model", "/no/such/folder"], 'Cannot read "/no/such/folder": there is no such file or folder'],
  ])("ends %j with 3 and says why", async (args, why) => {
    const { code, out, err } = await command(args);

    expect([code, out]).toEqual([3, ""]);
    expect(err).toContain(why);
  });

  it("requires the version when several are stored, and lists them when another one is named", async () => {
    const several = await command(["model", "--component", "com.example.Caps", "--root", root]);
    const other = await command(["model", "--component", "com.example.Caps=9.0.0", "--root", root]);
    const none = await command(["model", "--component", "com.example.None", "--root", root]);

    expect([several.code, other.code, none.code]).toEqual([3, 3, 3]);
    expect(several.err).toContain("is stored in versions 1.0.0, 1.1.0: name one, --component com.example.Caps=1.0.0");
    expect(other.err).toContain("is not stored in version 9.0.0, but in 1.0.0, 1.1.0");
    expect(none.err).toContain('Component "com.example.None" is not stored in /greengrass/v2/packages');
  });
});
