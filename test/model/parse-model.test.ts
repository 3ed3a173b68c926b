import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ShapeError } from "../../src/base/shape.js";
import { parseModel } from "../../src/model/parse-model.js";
import { someModel, xavierModel } from "../drift/model-builders.js";

const again = (value: unknown) => parseModel(JSON.parse(JSON.stringify(value)), "");

describe("parseModel", () => {
  it.each([someModel(), xavierModel({ version: null, unread: [{ path: "/x", why: "gone" }] })])(
    "gives a stored model back as it was",
    (model) => {
      expect(again(model)).toEqual(model);
    },
  );

  it.each([
    { ...someModel(), files: [{ path: "/x", kind: "MALWARE" }] },
    { ...someModel(), codes: [{ value: { kind: "CUBIN" } }] },
    { ...someModel(), floors: null },
    null,
    [],
  ])("refuses what is not a model: %#", (value) => {
    expect(() => again(value)).toThrow(ShapeError);
  });

  it("throws nothing but its own error for any JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        try {
          parseModel(value, "");
        } catch (error) {
          expect(error).toBeInstanceOf(ShapeError);
        }
      }),
    );
  });
});
