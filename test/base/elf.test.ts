import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { type ElfSymbol, parseElfHeader, readElf, type Slices } from "../../src/base/elf.js";
import { runs } from "../long-runs.js";

import { sharedObject } from "./elf-bytes.js";

function slices(bytes: Uint8Array): Slices {
  return { sizeBytes: bytes.length, read: (offset, size) => bytes.subarray(offset, offset + size) };
}

/** A symbol that must have been found, with its bytes in the file. */
function defined(symbol: ElfSymbol | "absent" | null | undefined) {
  if (symbol === null || symbol === undefined || symbol === "absent") throw new Error(`the symbol is ${symbol}`);
  return { offset: symbol.offset ?? -1, sizeBytes: symbol.sizeBytes };
}

const SHAPES = [
  { bits: 64, littleEndian: true },
  { bits: 64, littleEndian: false },
  { bits: 32, littleEndian: true },
  { bits: 32, littleEndian: false },
] as const;

describe("readElf", () => {
  it.each(SHAPES)("reads what the loader reads of $bits bits, little endian $littleEndian", (shape) => {
    const bytes = sharedObject({
      ...shape,
      machine: 183,
      soname: "libmodel.so",
      needed: ["libnvinfer.so.8", "libcudart.so.10.2", "libc.so.6"],
      runpath: "$ORIGIN:/opt/lib",
      versionNeeds: [
        { library: "libc.so.6", versions: ["GLIBC_2.17", "GLIBC_2.27"] },
        { library: "libstdc++.so.6", versions: ["GLIBCXX_3.4.21"] },
      ],
      versionDefinitions: ["libmodel.so", "MODEL_1.0"],
    });

    const file = readElf(slices(bytes));

    expect(file?.header).toEqual({ ...shape, osAbi: 0, abiVersion: 0, type: 3, machine: 183 });
    expect(file?.sections()).toBeNull();
    expect(file?.dynamic()).toEqual({
      soname: "libmodel.so",
      needed: ["libnvinfer.so.8", "libcudart.so.10.2", "libc.so.6"],
      runpath: ["$ORIGIN", "/opt/lib"],
      rpath: [],
      versionNeeds: [
        { library: "libc.so.6", versions: ["GLIBC_2.17", "GLIBC_2.27"] },
        { library: "libstdc++.so.6", versions: ["GLIBCXX_3.4.21"] },
      ],
      versionDefinitions: ["libmodel.so", "MODEL_1.0"],
    });
  });

  it("reads this machine's own Node.js as readelf would", () => {
    const file = readElf(slices(readFileSync(process.execPath)));

    expect(file?.sections()?.map(({ name }) => name)).toEqual(expect.arrayContaining([".text", ".dynamic"]));
    expect(file?.dynamic()?.needed).toContain("libc.so.6");
    const glibc = file?.dynamic()?.versionNeeds.find(({ library }) => library === "libc.so.6");
    expect(glibc?.versions.every((version) => version.startsWith("GLIBC_"))).toBe(true);
  });

  it("does not need section headers", () => {
    const bytes = new Uint8Array(readFileSync(process.execPath));
    // e_shoff, e_shnum and e_shstrndx of a 64-bit file.
    bytes.fill(0, 40, 48).fill(0, 60, 64);
    const file = readElf(slices(bytes));

    expect(file?.sections()).toBeNull();
    expect(file?.dynamic()?.needed).toContain("libc.so.6");
  });

  it.each(SHAPES.flatMap((shape) => (["gnu", "sysv"] as const).map((hash) => ({ ...shape, hash }))))(
    "finds a symbol in the $hash table of $bits bits, little endian $littleEndian",
    (shape) => {
      const symbols = { other: Buffer.from("abc"), __tvm_dev_mblob: Buffer.from("blob"), last: Buffer.from("z") };
      const bytes = sharedObject({ ...shape, symbols });

      const file = readElf(slices(bytes));

      const { offset, sizeBytes } = defined(file?.symbol("__tvm_dev_mblob"));
      expect(Buffer.from(bytes.subarray(offset, offset + sizeBytes)).toString()).toBe("blob");
      expect(file?.symbol("__tvm_dev_mblo")).toBe("absent");
    },
  );

  it("distinguishes a symbol that is not there from a table that is not there", () => {
    expect(readElf(slices(sharedObject({ hash: "none", symbols: { a: Buffer.from("a") } })))?.symbol("a")).toBeNull();
    expect(readElf(slices(sharedObject({ symbols: {} })))?.symbol("a")).toBe("absent");
    expect(readElf(slices(readFileSync(process.execPath)))?.symbol("no_such_symbol_here")).toBe("absent");
  });

  it.each(["arm64", "x86_64"])("finds the symbols of a library that the linker made: %s", (arch) => {
    for (const name of ["compiled.so", "compiled.sysv-hash.so"]) {
      const bytes = readFileSync(new URL(`../model/material/${arch}/${name}`, import.meta.url));
      const { offset, sizeBytes } = defined(readElf(slices(bytes))?.symbol("__tvm_dev_mblob"));

      // The blob begins with the length of what follows.
      expect(Number(bytes.readBigUInt64LE(offset))).toBe(sizeBytes - 8);
    }
  });

  it("is null for what is not an ELF file", () => {
    for (const text of ["", "\x7fEL", "#!/bin/sh\n", "\x7fELF\x03\x01\x01".padEnd(64, "\0")]) {
      expect(readElf(slices(Buffer.from(text, "latin1")))).toBeNull();
    }
    expect(parseElfHeader(Buffer.from("\x7fELF"))).toBeNull();
  });

  it("never throws and stays within its limits on broken files", () => {
    const whole = sharedObject({
      bits: 64,
      littleEndian: true,
      needed: ["a", "b"],
      versionNeeds: [{ library: "a", versions: ["X"] }],
      symbols: { a: Buffer.from("x"), b: Buffer.from("y") },
    });
    const change = fc.tuple(fc.nat(whole.length - 1), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 8 }), fc.nat(whole.length), (changes, length) => {
        const bytes = whole.slice(0, length);
        for (const [at, value] of changes) bytes[at] = value;
        let read = 0;
        const file = readElf({
          sizeBytes: bytes.length,
          read(offset, size) {
            read += size;
            return bytes.subarray(offset, offset + size);
          },
        });
        file?.sections();
        file?.dynamic();
        file?.symbol("b");
        expect(read).toBeLessThan(32 * 1024 * 1024);
      }),
      { numRuns: runs(3_000) },
    );
  });

  it("gives up on a file that cannot be read", () => {
    expect(readElf({ sizeBytes: 100, read: () => null })).toBeNull();
  });
});

it("agrees with readelf where there is one", ({ skip }) => {
  let told: string;
  try {
    told = execFileSync("readelf", ["-d", process.execPath], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return skip("readelf is not installed");
  }
  const needed = [...told.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(([, name]) => name);
  expect(readElf(slices(readFileSync(process.execPath)))?.dynamic()?.needed).toEqual(needed);
});
