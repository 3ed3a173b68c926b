import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Script } from "node:vm";
import { describe, expect, it } from "vitest";
import { NUCLEUS_OPERATIONS, slimModel } from "../../scripts/build/slim-model.mjs";

interface ServiceModel {
  readonly operations: ReadonlyMap<string, object>;
  readonly validators: ReadonlyMap<string, (value: unknown) => void>;
  readonly normalizers: ReadonlyMap<string, (value: unknown) => unknown>;
  readonly serializers: ReadonlyMap<string, (value: unknown) => unknown>;
  readonly deserializers: ReadonlyMap<string, (value: unknown) => unknown>;
}

const path = createRequire(import.meta.url).resolve("aws-iot-device-sdk-v2/dist/greengrasscoreipc/model_utils.js");
const wholeText = readFileSync(path, "utf8");

function modelOf(text: string): ServiceModel {
  const exports: { makeServiceModel?: () => ServiceModel } = {};
  new Script(`(function (require, exports) {${text}\n})`).runInThisContext()(createRequire(path), exports);
  if (exports.makeServiceModel === undefined) throw new Error("There is no makeServiceModel");
  return exports.makeServiceModel();
}

describe("the slim model of the IPC client", () => {
  const whole = modelOf(wholeText);
  const slim = modelOf(slimModel(wholeText));

  it("keeps the operations that packdrift calls as they were", () => {
    const names = NUCLEUS_OPERATIONS.map((name) => `aws.greengrass#${name[0]?.toUpperCase()}${name.slice(1)}`);
    expect([...slim.operations.keys()].sort()).toEqual(names.sort());
    for (const name of names) expect(slim.operations.get(name)).toEqual(whole.operations.get(name));
  });

  it("keeps each function for the shapes of these operations", () => {
    const shapes = new Set(JSON.stringify([...slim.operations], expandSets).match(/aws\.greengrass#\w+/g));
    for (const table of ["validators", "normalizers", "serializers", "deserializers"] as const) {
      const expected = [...whole[table].keys()].filter((shape) => shapes.has(shape));
      expect([...slim[table].keys()]).toEqual(expected);
    }
  });

  it("refers to nothing that was left out", () => {
    const slimText = slimModel(wholeText);
    const declared = new Set([...wholeText.matchAll(/^(?:function|const) (\w+)/gm)].map(([, name]) => name));
    const kept = new Set([...slimText.matchAll(/^(?:function|const) (\w+)/gm)].map(([, name]) => name));
    const used = [...slimText.matchAll(/\b\w+\b/g)].map(([word]) => word).filter((word) => declared.has(word));
    expect(used.filter((word) => !kept.has(word))).toEqual([]);
  });

  it("keeps less than a third of the text", () => {
    expect(slimModel(wholeText).length).toBeLessThan(wholeText.length / 3);
  });

  it("is refused for an operation that the model lacks", () => {
    expect(() => slimModel(wholeText, ["getConfiguration", "fly"])).toThrow(
      "Cannot find the operation Fly in the IPC client's model",
    );
  });

  it("has each operation that the code calls", () => {
    const folder = join(import.meta.dirname, "../../src/transports/greengrass");
    const text = readdirSync(folder)
      .map((file) => readFileSync(join(folder, file), "utf8"))
      .join("\n");
    const called = new Set([...text.matchAll(/\bclient\.(\w+)\(/g)].map(([, name]) => name));
    for (const own of ["connect", "close", "on"]) called.delete(own);
    expect([...called].sort()).toEqual(NUCLEUS_OPERATIONS);
  });
});

function expandSets(_key: string, value: unknown): unknown {
  return value instanceof Set ? [...value] : value;
}
