// Writes models as large as real ones: one folder each under the folder that is named.
import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { sharedObject } from "../test/base/elf-bytes.js";
import { blobBytes, tensorrtGraph } from "../test/model/blob-bytes.js";

const SIZE_BYTES = 150 * 1024 * 1024;
/** As many as the largest of NVIDIA's libraries has, cuBLASLt. */
const GPU_ENTRIES = 5_424;
const ENTRIES_IN_ONE = 100;
const PTX = Buffer.from(
  "//\n// Cuda compilation tools, release 10.2, V10.2.89\n//\n\n.version 6.5\n.target sm_72\n.address_size 64\n",
);

const [, , folder = ""] = process.argv;
write("weights", "compiled.so", weights("const_loader"));
write("searched", "compiled.so", weights("unknown"));
write("kernels", "libkernels.so", kernels());

/** The position of bytes in a file. */
type Pieces = readonly (readonly [offset: number, bytes: Uint8Array])[];

function write(name: string, file: string, pieces: Pieces): void {
  mkdirSync(join(folder, name), { recursive: true });
  const fd = openSync(join(folder, name, file), "w");
  for (const [offset, bytes] of pieces) writeSync(fd, bytes, 0, bytes.length, offset);
  closeSync(fd);
}

/** A compiled model whose weights, or an unknown module, precede its graph and code. */
function weights(kind: "const_loader" | "unknown"): Pieces {
  const first =
    kind === "const_loader"
      ? ({ kind, weightBytes: [SIZE_BYTES] } as const)
      : ({ kind: "other", name: kind, body: Buffer.alloc(SIZE_BYTES) } as const);
  const blob = blobBytes([
    first,
    { kind: "_lib" },
    { kind: "tensorrt", graph: tensorrtGraph(["7", "1", "3"], 200) },
    { kind: "cuda", code: PTX },
    { kind: "_import_tree", children: [[1], [2, 3], [], []] },
  ]);
  const symbols = { __tvm_module_ctx: Buffer.alloc(8), __tvm_dev_mblob: blob };
  const file = sharedObject({ machine: 183, needed: ["libc.so.6"], symbols });
  return withSections(file, [[0, file]], file.length, null);
}

/** A library with this many entries of GPU code, a hundred in each container. */
function kernels(): Pieces {
  const file = sharedObject({ machine: 183, needed: ["libcudart.so.10.2", "libc.so.6"] });
  const start = Math.ceil(file.length / 8) * 8;
  const payload = Math.floor(SIZE_BYTES / GPU_ENTRIES / 8) * 8;
  const pieces: [number, Uint8Array][] = [[0, file]];
  let at = start;
  for (let done = 0; done < GPU_ENTRIES; done += ENTRIES_IN_ONE) {
    const count = Math.min(ENTRIES_IN_ONE, GPU_ENTRIES - done);
    const container = Buffer.alloc(16);
    container.writeUInt32LE(0xba55ed50, 0);
    container.writeUInt16LE(1, 4);
    container.writeUInt16LE(16, 6);
    container.writeBigUInt64LE(BigInt(count * (64 + payload)), 8);
    pieces.push([at, container]);
    at += 16;
    for (let i = 0; i < count; i++, at += 64 + payload) pieces.push([at, entryHeader(payload, done + i)]);
  }
  return withSections(file, pieces, at, { start, size: at - start });
}

function entryHeader(payload: number, number: number): Uint8Array {
  const header = Buffer.alloc(64);
  header.writeUInt16LE(2, 0);
  header.writeUInt32LE(64, 4);
  header.writeBigUInt64LE(BigInt(payload), 8);
  header.writeUInt32LE([53, 62, 72, 75, 80, 86][number % 6] ?? 72, 28);
  return header;
}

/** The same with section headers at its end: `.nv_fatbin` where it has one, and the names. */
function withSections(
  file: Uint8Array,
  pieces: Pieces,
  end: number,
  gpu: { readonly start: number; readonly size: number } | null,
): Pieces {
  const names = Buffer.from("\0.nv_fatbin\0");
  const table = Buffer.alloc(3 * 64);
  const section = (at: number, name: number, offset: number, size: number) => {
    table.writeUInt32LE(name, at);
    table.writeUInt32LE(1, at + 4);
    table.writeBigUInt64LE(BigInt(offset), at + 24);
    table.writeBigUInt64LE(BigInt(size), at + 32);
  };
  if (gpu !== null) section(64, 1, gpu.start, gpu.size);
  section(128, 0, end, names.length);
  const head = Buffer.from(file.subarray(0, 64));
  head.writeBigUInt64LE(BigInt(end + names.length), 40);
  head.writeUInt16LE(64, 58);
  head.writeUInt16LE(3, 60);
  head.writeUInt16LE(2, 62);
  return [...pieces, [0, head], [end, names], [end + names.length, table]];
}
