import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import type { PackagedModel } from "../../src/model/model.js";
import { modelJson } from "../../src/model/model-json.js";
import { someModel } from "./some-model.js";

const SCHEMA = JSON.parse(readFileSync(new URL("../../src/model/model.schema.json", import.meta.url), "utf8"));
const validate = new Ajv2020({ strict: true, strictTypes: false, allowUnionTypes: true }).compile(SCHEMA);

const NOTHING: PackagedModel = {
  component: null,
  version: null,
  folders: ["/m"],
  files: [],
  arch: null,
  accelerator: null,
  tensorrt: [],
  cuda: [],
  ptxIsa: null,
  codes: [],
  loads: [],
  floors: { glibc: null, glibcxx: null },
  unread: [{ path: "/m", why: "permission denied" }],
};

describe("modelJson", () => {
  it.each([
    ["a model", someModel()],
    ["a folder that cannot be read", NOTHING],
  ])("is what the schema describes: %s", (_, model) => {
    const json = JSON.parse(JSON.stringify(modelJson(model)));

    expect([validate(json), validate.errors]).toEqual([true, null]);
  });

  it("joins path and place, and leaves out what only packdrift itself needs", () => {
    const json = JSON.parse(JSON.stringify(modelJson(someModel())));

    expect(json.arch).toEqual({ value: "ARM64", from: "/m/compiled.so: e_machine", how: "ELF", confidence: "FIRM" });
    expect(Object.keys(json)).toEqual(SCHEMA.required);
  });
});

describe("model.schema.json", () => {
  it.each([
    ["another accelerator", { accelerator: { value: "AMD", from: "x", how: "BLOB", confidence: "FIRM" } }],
    ["a version that is none", { cuda: [{ value: "ten", from: "x", how: "BLOB", confidence: "FIRM" }] }],
    ["a method that is not known", { loads: [{ value: "libc.so.6", from: "x", how: "GUESS", confidence: "FIRM" }] }],
    ["a code without its kind", { codes: [{ value: { sm: "sm_72" }, from: "x", how: "BLOB", confidence: "FIRM" }] }],
    ["no list of what could not be read", { unread: undefined }],
  ])("refuses %s", (_, change) => {
    const json = JSON.parse(JSON.stringify({ ...modelJson(someModel()), ...change }));

    expect(validate(json)).toBe(false);
  });
});
