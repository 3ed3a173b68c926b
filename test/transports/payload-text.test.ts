import { describe, expect, it } from "vitest";
import { payloadText } from "../../src/transports/payload-text.js";

describe("payloadText", () => {
  it("reads a text and bytes in each form", () => {
    const bytes = Buffer.from("grün");
    const { buffer, byteOffset, byteLength } = bytes;
    const view = new Uint8Array(buffer, byteOffset, byteLength);

    expect(["grün", bytes, view, Uint8Array.from(bytes).buffer].map(payloadText)).toEqual(Array(4).fill("grün"));
  });

  it.each([undefined, null, 7, {}])("returns no text for %j", (payload) => {
    expect(payloadText(payload)).toBe("");
  });
});
