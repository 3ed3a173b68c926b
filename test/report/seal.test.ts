import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Report } from "../../src/report/report.js";
import { sealedMembers, sealedText } from "../../src/report/seal.js";

describe("sealedText", () => {
  it("sorts the keys of every object by code units and leaves the signature out", () => {
    expect(text('{"b":[{"z":1,"a":null}],"signature":"x","B":{"é":true,"e":"\\u0001"}}')).toBe(
      '{"B":{"e":"\\u0001","é":true},"b":[{"a":null,"z":1}]}',
    );
  });

  it("sorts keys that are numbers as texts, too", () => {
    expect(text('{"a":{"9":1,"10":2,"-1":3,"1a":4}}')).toBe('{"a":{"-1":3,"10":2,"1a":4,"9":1}}');
  });

  it("writes members with names that mean something to the engine", () => {
    expect(text('{"x":{"toJSON":1,"__proto__":{"b":1,"a":2},"constructor":3}}')).toBe(
      '{"x":{"__proto__":{"a":2,"b":1},"constructor":3,"toJSON":1}}',
    );
  });

  it("writes the same text with numbers as keys elsewhere or without", () => {
    const members = '{"d":[1,"\\ud800",{"c":[],"b":{}}]}';
    expect(text(`{"n":{"1":0},"m":${members}}`)).toBe(`{"m":${text(members)},"n":{"1":0}}`);
  });

  it("sorts objects of many keys", () => {
    const keys = Array.from({ length: 100 }, (_, at) => `k${(at * 37) % 100}`);
    const sorted = [...keys].sort();
    expect(text(JSON.stringify(Object.fromEntries(keys.map((key) => [key, key]))))).toBe(
      `{${sorted.map((key) => `"${key}":"${key}"`).join(",")}}`,
    );
  });

  it("leaves members out that are undefined, and writes items that are as null", () => {
    expect(sealedText({ b: undefined, a: [undefined, 1] } as unknown as Report)).toBe('{"a":[null,1]}');
  });
});

describe("sealedMembers", () => {
  it("returns the sealed text, and in it that of each member", () => {
    const report = JSON.parse('{"b":{"z":1,"a":[2]},"signature":"x","a":"1"}') as Report;
    const { text: sealed, members } = sealedMembers(report);

    expect(sealed).toBe('{"a":"1","b":{"a":[2],"z":1}}');
    expect([...members]).toEqual([
      ["a", '"1"'],
      ["b", '{"a":[2],"z":1}'],
    ]);
  });

  it("returns the same text as sealedText of any report", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue()), (members) => {
        const report = { ...members, id: undefined, signature: "x" } as unknown as Report;
        expect(sealedMembers(report).text).toBe(sealedText(report));
      }),
    );
  });
});

function text(json: string): string {
  return sealedText(JSON.parse(json) as Report);
}
