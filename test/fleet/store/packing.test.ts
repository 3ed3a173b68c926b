import { deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import ofReports from "../../../src/fleet/store/dictionary-1.json" with { type: "json" };
import { createPacking, UnpackError } from "../../../src/fleet/store/packing.js";

const { pack, unpack } = createPacking();

describe("packing", () => {
  it.each([0, 1, 643, 2_048, 2_049, 7_000, 1_048_576])("returns a text of %i characters unchanged", (length) => {
    const text = ofReports.text.repeat(Math.ceil(length / ofReports.text.length)).slice(0, length);
    expect(unpack(pack(text))).toBe(text);
  });

  it("returns texts of other scripts unchanged", () => {
    const text = '{"name":"Förderband 東京 🚧"}';
    expect(unpack(pack(text))).toBe(text);
  });

  it("packs short texts with the dictionary of heartbeats and long ones with that of reports", () => {
    expect([pack("x".repeat(2_048)).dictionary, pack("x".repeat(2_049)).dictionary]).toEqual([2, 1]);
  });

  it("unpacks what was packed without a dictionary", () => {
    expect(unpack({ dictionary: 0, body: deflateRawSync("plain") })).toBe("plain");
  });

  it("refuses a dictionary that it does not know, and damaged bytes", () => {
    expect(() => unpack({ dictionary: 3, body: deflateRawSync("later") })).toThrow(
      new UnpackError("Cannot unpack a text: dictionary 3 is not known"),
    );
    expect(() => unpack({ dictionary: 1, body: new Uint8Array([255, 1, 2]) })).toThrow(UnpackError);
  });
});
