import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import type { FileSlices } from "../../src/model/file-slices.js";
import { readLibrary } from "../../src/model/library.js";
import { type SharedObject, sharedObject } from "../base/elf-bytes.js";
import { withSectionHeaders } from "./packages.js";
import { material, slicesOf, someBudget } from "./slices.js";

function read(path: string, bytes: Uint8Array) {
  const slices: FileSlices = { ...slicesOf(bytes), problem: () => null };
  return readLibrary(path, slices, someBudget());
}

const kindOf = (path: string, parts: SharedObject = {}) => read(path, withSectionHeaders(sharedObject(parts)))?.kind;

describe("readLibrary", () => {
  it("distinguishes compiled model, runtime and other libraries by name and by symbols", () => {
    const symbols = { __tvm_module_ctx: Buffer.alloc(8) };

    expect(kindOf("/m/compiled.so")).toBe("COMPILED_MODEL");
    expect(kindOf("/m/any.so", { symbols })).toBe("COMPILED_MODEL");
    expect(kindOf("/m/libdlr.so")).toBe("RUNTIME");
    expect(kindOf("/m/renamed.so", { soname: "libdlr.so", symbols })).toBe("RUNTIME");
    expect(kindOf("/m/libextra.so")).toBe("LIBRARY");
  });

  it.each([
    [{ machine: 183 }, "ARM64"],
    [{ machine: 62 }, "X86_64"],
    [{ machine: 40, bits: 32 }, "ARM"],
    [{ machine: 183, littleEndian: false }, "ARM64_BE"],
    [{ machine: 62, bits: 32 }, "X86_64_32"],
    [{ machine: 4711 }, "machine 4711"],
  ] as const)("names the machine of %j", (parts, name) => {
    expect(read("/m/a.so", sharedObject(parts))?.arch?.value).toBe(name);
  });

  it("follows $ORIGIN in either form, and takes the folders of RUNPATH as they would be", () => {
    const folders = (runpath: string) => read("/m/lib/a.so", sharedObject({ runpath }))?.linkage?.folders;

    expect(folders("$ORIGIN:$ORIGIN/../other:/opt//x/.")).toEqual(["/m/lib", "/m/other", "/opt/x"]);
    expect(folders(["$", "{ORIGIN}/deps:$ORIGINAL"].join(""))).toEqual(["/m/lib/deps", "/$ORIGINAL"]);
  });

  it("leaves out names that no library can have, and says so", () => {
    const library = read(
      "/m/a.so",
      withSectionHeaders(sharedObject({ needed: ["libc.so.6", "libcudart.so.10.\u0007", ""] })),
    );

    expect(library?.linkage?.needed).toEqual(["libc.so.6"]);
    expect(library?.cuda).toEqual([]);
    expect(library?.problems).toEqual(["the name of a library that it loads is broken"]);
  });

  it("expects no dynamic section in a static program", () => {
    const program = (type: number) => {
      const bytes = Buffer.from(withSectionHeaders(sharedObject({})));
      // e_type, and no PT_DYNAMIC among the program headers.
      bytes.writeUInt16LE(type, 16);
      bytes.writeUInt32LE(0, 64 + 56);
      return read("/m/tool", bytes)?.problems;
    };

    expect(program(2)).toEqual([]);
    expect(program(3)).toEqual(["what it loads cannot be read: its dynamic section is missing or broken"]);
  });

  it("says how much is there of a library that is cut off", () => {
    const bytes = sharedObject({ needed: ["libc.so.6"] });

    expect(read("/m/a.so", bytes.subarray(0, 200))?.problems[0]).toBe(
      `it is truncated: it has 200 bytes, and should have ${bytes.length} or more`,
    );
  });

  it("agrees with readelf on what the linker made for both architectures, where there is a readelf", ({ skip }) => {
    for (const name of ["arm64/libdlr.so", "x86_64/libdlr.so", "arm64/compiled.so", "x86_64/libkernels.so"]) {
      let told: string;
      try {
        const path = new URL(`material/${name}`, import.meta.url).pathname;
        told = execFileSync("readelf", ["-dV", path], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
      } catch {
        return skip("readelf is not installed");
      }
      const needed = [...told.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(([, library]) => library);
      const versions = [...told.matchAll(/Name: (\S+) +Flags/g)].map(([, version]) => version);

      const { linkage } = read(`/m/${name}`, material(name)) ?? {};
      expect(linkage?.needed).toEqual(needed);
      expect(linkage?.versionNeeds.flatMap((need) => need.versions)).toEqual(versions);
    }
  });
});
