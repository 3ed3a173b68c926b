import { describe, expect, it } from "vitest";
import { parseForm } from "../../../src/fleet/web/forms.js";

const bytes = (text: string) => new TextEncoder().encode(text);
const parts = (...all: readonly string[]) => bytes(`${all.map((part) => `--XY\r\n${part}\r\n`).join("")}--XY--\r\n`);
const TYPE = "multipart/form-data; boundary=XY";

describe("parseForm", () => {
  it("reads fields of both encodings", () => {
    const file =
      'Content-Disposition: form-data; name="file"; filename="a.json"\r\nContent-Type: application/json\r\n\r\n{"a":\r\n1}';
    const text = 'content-disposition: form-data; name="description"\r\n\r\nä';

    expect([...parseForm("application/x-www-form-urlencoded", bytes("a=1&b=%C3%A4+c"))]).toEqual([
      ["a", "1"],
      ["b", "ä c"],
    ]);
    expect([...parseForm(TYPE, parts(file, text))]).toEqual([
      ["file", '{"a":\r\n1}'],
      ["description", "ä"],
    ]);
  });

  it.each([
    [undefined, bytes("a=1")],
    ["text/plain", bytes("a=1")],
    ["multipart/form-data", parts("x")],
    [TYPE, parts("no headers")],
    [TYPE, parts('Content-Disposition: form-data; name="a"')],
    ["application/x-www-form-urlencoded", new Uint8Array([0xff, 0xfe])],
    ["application/x-www-form-urlencoded", bytes("a=1&".repeat(60))],
  ])("refuses %s", (type, body) => {
    expect(() => parseForm(type, body)).toThrow(/^Cannot read/);
  });

  it("reads nothing when there is no part", () => {
    expect([...parseForm(TYPE, bytes("--XY--\r\n"))]).toEqual([]);
  });
});
