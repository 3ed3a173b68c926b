import { describe, expect, it } from "vitest";
import type { Row } from "../../../../src/fleet/store/database.js";
import { encoded } from "../../../../src/fleet/store/move/table-digest.js";

const columns = [
  { name: "a", type: "text" },
  { name: "b", type: "blob" },
  { name: "c", type: "bigint" },
] as const;
const bytesOf = (row: Row) => Buffer.concat(encoded({ columns }, row).map((part) => Buffer.from(part as string)));

describe("the bytes of a row", () => {
  it("differ for every two rows that differ", () => {
    const rows: readonly Row[] = [
      { a: "", b: new Uint8Array(), c: 0 },
      { a: null, b: new Uint8Array(), c: 0 },
      { a: "null", b: new Uint8Array(), c: 0 },
      { a: "", b: null, c: 0 },
      { a: "", b: new Uint8Array([1]), c: 0 },
      { a: "", b: new Uint8Array([0, 1]), c: 0 },
      { a: "", b: new Uint8Array(), c: 1 },
      { a: "", b: new Uint8Array(), c: null },
      { a: '","', b: new Uint8Array(), c: 0 },
      { a: "\n", b: new Uint8Array(), c: 0 },
      { a: "ü", b: new Uint8Array(), c: 0 },
      { a: "u\u0308", b: new Uint8Array(), c: 0 },
    ];

    expect(new Set(rows.map((row) => bytesOf(row).toString("hex"))).size).toBe(rows.length);
  });

  it("are the same for a Buffer and for any other view of the same bytes", () => {
    const view = new Uint8Array(new Uint8Array([9, 1, 2]).buffer, 1);

    expect(bytesOf({ a: "x", b: view, c: 1 })).toEqual(bytesOf({ c: 1, a: "x", b: Buffer.from([1, 2]) }));
  });
});
