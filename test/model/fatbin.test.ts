import { describe, expect, it } from "vitest";
import { readFatbins } from "../../src/model/fatbin.js";
import { material, slicesOf, someBudget } from "./slices.js";

function fatbins(bytes: Uint8Array, budget = someBudget()) {
  const { entries, problem } = readFatbins(slicesOf(bytes), 0, bytes.length, budget);
  const told = entries.map(
    ({ kind, sm, isa, compressed }) => `${kind} ${sm} ${isa ?? "-"}${compressed ? " packed" : ""}`,
  );
  return { told, problem };
}

describe("readFatbins", () => {
  it.each([
    ["kernel.fatbin", ["CUBIN 72 -", "CUBIN 75 -", "PTX 53 7.8"]],
    ["kernel.lz4.fatbin", ["CUBIN 72 - packed", "CUBIN 75 - packed", "PTX 53 7.8 packed"]],
    ["kernel.zstd.fatbin", ["CUBIN 90 - packed", "PTX 53 7.8 packed"]],
  ])("lists the code of %s without unpacking it", (name, told) => {
    expect(fatbins(material(name))).toEqual({ told, problem: null });
  });

  it("reads several containers with zeros between them, and uses the form of an entry that can be read", () => {
    const packed = material("kernel.lz4.fatbin");
    const bytes = Buffer.concat([packed, Buffer.alloc(4_000), material("kernel.fatbin"), Buffer.alloc(8)]);

    expect(fatbins(bytes)).toEqual({ told: ["CUBIN 72 -", "CUBIN 75 -", "PTX 53 7.8"], problem: null });
  });

  it("gives up when there are more zeros than a linker leaves, or something else", () => {
    const bytes = material("kernel.fatbin");

    expect(fatbins(Buffer.concat([bytes, Buffer.alloc(5_000), bytes])).problem).toBe(
      `unknown data, not GPU code, at offset ${bytes.length}`,
    );
    expect(fatbins(Buffer.concat([bytes, Buffer.from("ELSE"), Buffer.alloc(60)])).problem).toBe(
      `unknown data, not GPU code, at offset ${bytes.length}`,
    );
  });

  it("keeps what it has read of a file that is cut off at any length, and says that it is cut off", () => {
    const bytes = material("kernel.fatbin");
    for (let length = 1; length < bytes.length; length += 7) {
      const { told, problem } = fatbins(bytes.subarray(0, length));

      expect(problem).not.toBeNull();
      expect(told).toEqual([]);
    }
  });

  it("refuses headers of a size that no version has", () => {
    const container = Buffer.from(material("kernel.fatbin"));
    container.writeUInt16LE(32, 6);
    const entry = Buffer.from(material("kernel.fatbin"));
    entry.writeUInt32LE(0, 20);

    expect(fatbins(container).problem).toBe(
      "a fat binary has the unknown format 1 with a header of 32 bytes at offset 0",
    );
    expect(fatbins(entry).problem).toBe("an entry of a fat binary has an unknown header of 0 bytes at offset 16");
  });

  it("ends at its limit of entries, also for containers without entries", () => {
    const empty = material("kernel.fatbin").subarray(0, 16);
    const nothing = Buffer.from(empty);
    nothing.writeBigUInt64LE(0n, 8);
    const many = Buffer.concat(Array.from({ length: 500 }, () => nothing));

    expect(fatbins(many, someBudget({ fatbinEntries: 400 })).problem).toBe("more than 400 entries of GPU code");
    expect(fatbins(material("kernel.fatbin"), someBudget({ fatbinEntries: 2 })).problem).toBe(
      "more than 2 entries of GPU code",
    );
  });
});
