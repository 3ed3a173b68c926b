import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { READING_LIMITS } from "../../src/model/budget.js";
import type { ModelStatement, PackagedModel } from "../../src/model/model.js";
import { modelJson } from "../../src/model/model-json.js";
import type { ModelTree } from "../../src/model/model-tree.js";
import { readModel } from "../../src/model/read-model.js";
import { renderModel } from "../../src/model/render-model.js";
import { blobBytes } from "../model/blob-bytes.js";
import { compiledMeta, compiledSo, gpuModules, libdlr, manifest } from "../model/packages.js";
import { material } from "../model/slices.js";
import { plain } from "./checks.js";

/** `npm run fuzz` asks for a million; FUZZ_SEED repeats a run. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 3_000);
const SEED = process.env.FUZZ_SEED;

const unknownModule = { kind: "other", name: "GraphExecutorFactory", body: Buffer.alloc(64, 7) } as const;
/** Files that a package may have, by their names in it. */
const FILES: readonly (readonly [name: string, bytes: Uint8Array])[] = [
  ["compiled.so", compiledSo()],
  ["compiled.so", compiledSo([unknownModule, ...gpuModules()])],
  ["compiled.so", compiledSo([{ kind: "cuda", code: material("kernel.fatbin") }])],
  ["compiled.so", compiledSo(gpuModules(), { machine: 62 })],
  ...["arm64", "x86_64"].flatMap((arch) =>
    ["compiled.so", "compiled.sysv-hash.so", "libdlr.so", "libkernels.so"].map(
      (name) => [name, material(`${arch}/${name}`)] as const,
    ),
  ),
  ["libdlr.so", libdlr()],
  ...["kernel.fatbin", "kernel.lz4.fatbin", "kernel.zstd.fatbin", "kernel.sm_72.cubin", "kernel.sm_90.abi8.cubin"].map(
    (name) => [name, material(name)] as const,
  ),
  ["kernel.ptx", material("kernel.ptx")],
  ["compiled.meta", Buffer.from(compiledMeta("gpu"))],
  ["manifest.json", Buffer.from(manifest("model", "mask"))],
  [
    "compiled_model.json",
    Buffer.from('{"nodes":[{"attrs":{"func_name":"tensorrt_0"}}],"attrs":{"device_index":[0,[2]]}}'),
  ],
  ["blob.bin", blobBytes(gpuModules())],
];

interface Change {
  readonly kind: "byte" | "half" | "int" | "long" | "cut" | "repeat" | "zeros" | "copy";
  /** Where, as a share of the file. */
  readonly at: number;
  readonly value: bigint;
  readonly size: number;
}

/** Sizes and offsets that trip readers: none, one, the ends of each width and near them. */
const VALUES = [
  0n,
  1n,
  2n,
  8n,
  63n,
  64n,
  65n,
  255n,
  4096n,
  0x7fffn,
  0xffffn,
  0x7fffffffn,
  0xffffffffn,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
];
const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom("byte", "half", "int", "long", "cut", "repeat", "zeros", "copy"),
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  value: fc.oneof(fc.constantFrom(...VALUES), fc.nat(20_000).map(BigInt)),
  size: fc.nat(3_000),
});

/** Headers are where a change does most: half of all changes hit the first 256 bytes. */
function changed(file: Uint8Array, { kind, at, value, size }: Change): Uint8Array {
  const bytes = Buffer.from(file);
  const reach = size % 2 === 0 ? bytes.length : Math.min(256, bytes.length);
  const from = Math.floor(at * reach);
  const piece = bytes.subarray(from, from + size);
  switch (kind) {
    case "byte":
    case "half":
    case "int":
    case "long": {
      const width = { byte: 1, half: 2, int: 4, long: 8 }[kind];
      for (let i = 0; i < width && from + i < bytes.length; i++)
        bytes[from + i] = Number((value >> BigInt(8 * i)) & 0xffn);
      return bytes;
    }
    case "cut":
      return bytes.subarray(0, from);
    case "repeat":
      return Buffer.concat([bytes.subarray(0, from), piece, piece, bytes.subarray(from)]);
    case "zeros":
      return Buffer.concat([bytes.subarray(0, from), Buffer.alloc(size), bytes.subarray(from)]);
    case "copy":
      bytes.set(piece.subarray(0, bytes.length - Math.min(bytes.length, size)), Math.min(bytes.length, size));
      return bytes;
  }
}

/** One file in a folder, and how much of it was read. */
function treeWith(name: string, bytes: Uint8Array) {
  let read = 0;
  const found = <T>(value: T) => ({ state: "found", value }) as const;
  const tree: ModelTree = {
    list: () => found([name]),
    kind: (path) => found(path === "/m" ? "folder" : "file"),
    resolve: (path) => found(path),
    size: () => found(bytes.length),
    open: (_, use) =>
      found(
        use((offset, size) => {
          read += size + 64;
          return found(bytes.subarray(offset, offset + size));
        }),
      ),
  };
  return { tree, readBytes: () => read };
}

function checkModel(model: PackagedModel): void {
  const { arch, tensorrt, cuda, ptxIsa, codes, loads, floors, unread } = model;
  const versions = [...tensorrt, ...cuda, ptxIsa, floors.glibc, floors.glibcxx].filter((one) => one !== null);
  for (const { value } of versions) if (!/^\d+(\.\d+){0,3}$/.test(value)) throw new Error(`not a version: ${value}`);
  for (const { value } of codes) if (!/^sm_\d+[a-z]?$/.test(value.sm)) throw new Error(`not a code: ${value.sm}`);
  const statements: readonly ModelStatement<unknown>[] = [
    ...versions,
    ...codes,
    ...loads,
    ...(arch === null ? [] : [arch]),
  ];
  for (const { value, place } of statements) {
    if (!plain(place) || (typeof value === "string" && !plain(value))) throw new Error(`cannot be shown: ${place}`);
  }
  for (const { why } of unread) if (why === "" || !plain(why)) throw new Error(`cannot be shown: ${why}`);
  JSON.stringify(modelJson(model));
  renderModel(model, { colour: false, width: 80 });
}

/** Other work on the machine does not count. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

describe("the files of a model", () => {
  it("break nothing, whatever is wrong with them", { timeout: 3_600_000 }, () => {
    const from = performance.now();
    let longest = 0;
    fc.assert(
      fc.property(fc.nat(FILES.length - 1), fc.array(change, { minLength: 1, maxLength: 4 }), (which, changes) => {
        const [name = "", original = new Uint8Array()] = FILES[which] ?? [];
        const { tree, readBytes } = treeWith(name, changes.reduce(changed, original));
        const begin = cpuMs();
        checkModel(readModel(tree, ["/m"]));
        longest = Math.max(longest, cpuMs() - begin);
        expect(readBytes()).toBeLessThan(READING_LIMITS.scanBytes);
      }),
      { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) },
    );
    if (process.env.FUZZ_RUNS !== undefined) {
      const seconds = ((performance.now() - from) / 1000).toFixed(1);
      console.log(
        `the files of a model: ${RUNS} inputs in ${seconds} s, ${longest.toFixed(0)} ms of CPU at most for one`,
      );
    }
  });
});
