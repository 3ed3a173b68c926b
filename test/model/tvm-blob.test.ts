import { describe, expect, it } from "vitest";
import { readTvmBlob } from "../../src/model/tvm-blob.js";
import { type BlobModule, blobBytes, tensorrtGraph } from "./blob-bytes.js";
import { material, slicesOf, someBudget } from "./slices.js";

const PTX = material("kernel.ptx");
const GRAPH = tensorrtGraph(["7", "1", "3"]);
const TREE: BlobModule = { kind: "_import_tree", children: [[1, 2], [], []] };

function read(bytes: Uint8Array, budget = someBudget()) {
  return readTvmBlob(slicesOf(bytes), 0, bytes.length, budget);
}

const PTX_FOUND = { codes: [{ kind: "PTX", sm: "sm_53" }], isas: ["7.8"], releases: ["11.8"], problem: null };

describe("readTvmBlob", () => {
  it("reads TensorRT's version and the GPU code, and skips the weights by their lengths", () => {
    const bytes = blobBytes([
      { kind: "metadata", weightBytes: [400_000, 8] },
      { kind: "_lib" },
      { kind: "tensorrt", graph: GRAPH },
      { kind: "cuda", code: PTX, functions: ["a", "b", "c"] },
      TREE,
    ]);
    let fetched = 0;
    const slices = slicesOf(bytes);
    const counting = {
      ...slices,
      read: (offset: number, size: number) => {
        fetched += size;
        return slices.read(offset, size);
      },
    };

    expect(readTvmBlob(counting, 0, bytes.length, someBudget())).toEqual({
      modules: ["metadata", "_lib", "tensorrt", "cuda", "_import_tree"],
      read: { tensorrt: ["7.1.3"], gpu: [PTX_FOUND] },
      scanned: null,
      problem: null,
    });
    expect(fetched).toBeLessThan(20_000);
  });

  it.each([
    ["a cubin", "kernel.sm_72.cubin", ["sm_72"]],
    ["a fat binary", "kernel.fatbin", ["sm_72", "sm_75", "sm_53"]],
  ])("reads GPU code that is %s", (_, name, sms) => {
    const { read: found, problem } = read(blobBytes([{ kind: "_lib" }, { kind: "cuda", code: material(name) }, TREE]));

    expect([found.gpu[0]?.codes.map(({ sm }) => sm), problem]).toEqual([sms, null]);
  });

  it("reads a library for the CPU whole", () => {
    const { modules, problem } = read(blobBytes([{ kind: "const_loader", weightBytes: [64] }, { kind: "_lib" }, TREE]));

    expect({ modules, problem }).toEqual({ modules: ["const_loader", "_lib", "_import_tree"], problem: null });
  });

  it("searches the rest after an unknown module, and says so", () => {
    const bytes = blobBytes([
      { kind: "_lib" },
      { kind: "other", name: "GraphExecutorFactory", body: Buffer.alloc(300_000, 0x41) },
      { kind: "tensorrt", graph: GRAPH },
      { kind: "cuda", code: PTX },
      { kind: "cuda", code: material("kernel.sm_75.cubin") },
      { kind: "cuda", code: material("kernel.lz4.fatbin") },
    ]);

    const { modules, read: found, scanned, problem } = read(bytes);

    expect(modules).toEqual(["_lib"]);
    expect(found).toEqual({ tensorrt: [], gpu: [] });
    expect(scanned?.tensorrt).toEqual(["7.1.3"]);
    const sms = scanned?.gpu.flatMap(({ codes }) => codes.map(({ kind, sm }) => `${kind} ${sm}`));
    expect([...new Set(sms)]).toEqual(["PTX sm_53", "CUBIN sm_75", "CUBIN sm_72"]);
    expect(problem).toMatch(/^the module kind "GraphExecutorFactory" is unknown, .* \(offset 28\)$/);
  });

  it("finds what spans two pieces of a search", () => {
    // A piece is 256 KiB: the graph's version is moved over its end byte by byte.
    for (let before = 262_144 - 900; before < 262_144; before += 37) {
      const bytes = blobBytes([
        { kind: "other", name: "unknown", body: Buffer.alloc(before) },
        { kind: "tensorrt", graph: GRAPH },
      ]);

      expect(read(bytes).scanned?.tensorrt).toEqual(["7.1.3"]);
    }
  });

  it("says that a blob is cut off, at any length, and keeps what it has read", () => {
    const bytes = blobBytes([{ kind: "_lib" }, { kind: "tensorrt", graph: GRAPH }, { kind: "cuda", code: PTX }, TREE]);
    for (let length = 0; length < bytes.length; length += 11) {
      const { modules, problem } = read(bytes.subarray(0, length));

      expect(problem).not.toBeNull();
      expect(modules).toEqual([]);
    }
  });

  it("ends at its limits of modules, bytes to search and time", () => {
    const libraries = blobBytes(Array.from({ length: 50 }, () => ({ kind: "_lib" }) as const));
    const unknown = blobBytes([{ kind: "other", name: "unknown", body: Buffer.alloc(600_000) }]);
    let now = 0;
    const slow = { ...someBudget(), spend: () => (now++ < 3 ? null : "reading took longer than 2 s") };

    expect(read(libraries, someBudget({ blobModules: 20 })).problem).toBe("more than 20 modules");
    expect(read(unknown, someBudget({ scanBytes: 300_000 })).problem).toContain("more than 300000 bytes to search");
    expect(read(libraries, slow).problem).toBe("reading took longer than 2 s");
  });

  it("is not held up by counts that no file can have", () => {
    const bytes = Buffer.from(blobBytes([{ kind: "cuda", code: PTX }]));
    // The count of functions, behind length, count, "cuda" and "ptx".
    bytes.writeBigUInt64LE(2n ** 63n, 8 + 8 + 12 + 11);

    expect(read(bytes).problem).toContain("a length is too large");
  });
});
