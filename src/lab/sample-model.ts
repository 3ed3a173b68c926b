import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type DeviceFacts, known } from "../device/facts.js";
import { summarize } from "../device/summary.js";

/** What a sample model was compiled for. */
export interface SampleModel {
  readonly arch: "ARM64" | "X86_64";
  /** Null: it runs on the CPU. */
  readonly gpu: {
    readonly tensorrt: readonly [string, string, string];
    readonly sm: string;
    readonly ptxIsa: string;
  } | null;
}

/** A model that a machine with these facts should run; where they are not known, one for the CPU of an x86-64 machine. */
export function fittingModel(facts: DeviceFacts): SampleModel {
  const arch = known(facts.arch) === "ARM64" ? "ARM64" : "X86_64";
  if (known(facts.accelerator) !== "NVIDIA") return { arch, gpu: null };
  const [major = "7", minor = "1", patch = "3"] = known(facts.tensorrt)?.version.split(".") ?? [];
  // The PTX of CUDA 10.2, and of 11.4 for later machines.
  const ptxIsa = known(facts.cuda)?.version.startsWith("10.") ? "6.5" : "7.4";
  return { arch, gpu: { tensorrt: [major, minor, patch], sm: summarize(facts).sm ?? "sm_53", ptxIsa } };
}

/** Writes a packaged model as SageMaker Neo packs one: a compiled library without machine code, and compiled.meta. */
export async function writeSampleModel(folder: string, model: SampleModel): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "compiled.so"), compiledLibrary(model));
  const requirements = { TargetDeviceType: model.gpu === null ? "cpu" : "gpu" };
  await writeFile(join(folder, "compiled.meta"), JSON.stringify({ Requirements: requirements }));
}

const SYMBOL = "__tvm_dev_mblob";
const HEADER_BYTES = 64;
const SEGMENT_BYTES = 56;
const SECTION_BYTES = 64;
const MACHINES = { X86_64: 62, ARM64: 183 } as const;

/** A shared object with only what readers look at: its machine, the libraries it loads, and the blob of its modules. */
function compiledLibrary(model: SampleModel): Buffer {
  const names = Buffer.from(`\0libc.so.6\0${SYMBOL}\0.rodata\0.shstrtab\0`, "latin1");
  const blob = moduleBlob(model);
  const dynamicAt = HEADER_BYTES + 2 * SEGMENT_BYTES;
  const symbolsAt = dynamicAt + 6 * 16;
  const hashAt = symbolsAt + 2 * 24;
  const namesAt = hashAt + 6 * 4;
  const blobAt = Math.ceil((namesAt + names.length) / 8) * 8;
  const sectionsAt = Math.ceil((blobAt + blob.length) / 8) * 8;
  const file = Buffer.alloc(sectionsAt + 3 * SECTION_BYTES);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  halves(file, 16, [3, MACHINES[model.arch], 1]);
  words(file, 32, [HEADER_BYTES, sectionsAt]);
  halves(file, 52, [HEADER_BYTES, SEGMENT_BYTES, 2, SECTION_BYTES, 3, 2]);
  segment(file, HEADER_BYTES, { type: 1, offset: 0, bytes: file.length });
  segment(file, HEADER_BYTES + SEGMENT_BYTES, { type: 2, offset: dynamicAt, bytes: 6 * 16 });
  // DT_NEEDED, DT_HASH, DT_STRTAB, DT_SYMTAB, DT_STRSZ, and the end.
  words(file, dynamicAt, [1, 1, 4, hashAt, 5, namesAt, 6, symbolsAt, 10, names.length, 0, 0]);
  // One global object, in the only bucket.
  halves(file, symbolsAt + 24, [names.indexOf(SYMBOL), 0, 0x11, 1]);
  words(file, symbolsAt + 32, [blobAt, blob.length]);
  halves(file, hashAt, [1, 0, 2, 0, 1]);
  file.set(names, namesAt);
  file.set(blob, blobAt);
  section(file, sectionsAt + SECTION_BYTES, {
    name: names.indexOf(".rodata"),
    type: 1,
    offset: blobAt,
    bytes: blob.length,
  });
  const strings = { name: names.indexOf(".shstrtab"), type: 3, offset: namesAt, bytes: names.length };
  section(file, sectionsAt + 2 * SECTION_BYTES, strings);
  return file;
}

interface Part {
  readonly type: number;
  readonly offset: number;
  readonly bytes: number;
}

function segment(file: Buffer, at: number, { type, offset, bytes }: Part): void {
  file.writeUInt32LE(type, at);
  words(file, at + 8, [offset, offset]);
  words(file, at + 32, [bytes, bytes]);
}

function section(file: Buffer, at: number, { name, type, offset, bytes }: Part & { readonly name: number }): void {
  halves(file, at, [name, 0, type]);
  words(file, at + 16, [offset, offset, bytes]);
}

/** Writes consecutive 16-bit numbers. */
function halves(file: Buffer, at: number, numbers: readonly number[]): void {
  for (const [place, number] of numbers.entries()) file.writeUInt16LE(number, at + 2 * place);
}

/** Writes consecutive 64-bit numbers. */
function words(file: Buffer, at: number, numbers: readonly number[]): void {
  for (const [place, number] of numbers.entries()) file.writeBigUInt64LE(BigInt(number), at + 8 * place);
}

/** TVM's modules: the library itself, and for a GPU the graph for TensorRT and code as PTX text. */
function moduleBlob({ gpu }: SampleModel): Buffer {
  const own = [text("_lib")];
  const ofGpu = gpu === null ? [] : [tensorrtModule(gpu.tensorrt), cudaModule(gpu)];
  const modules = [...own, ...ofGpu];
  const body = Buffer.concat([long(modules.length), ...modules]);
  return Buffer.concat([long(body.length), body]);
}

function tensorrtModule(version: readonly string[]): Buffer {
  const graph = { nodes: [{ op: "kernel", name: "nn.conv2d", attrs: { tensorrt_version: [version] } }] };
  return Buffer.concat([text("tensorrt"), text("tensorrt_0"), text(JSON.stringify(graph)), long(0)]);
}

function cudaModule({ sm, ptxIsa }: { readonly sm: string; readonly ptxIsa: string }): Buffer {
  const code = `//\n.version ${ptxIsa}\n.target ${sm}\n.address_size 64\n`;
  return Buffer.concat([text("cuda"), text("ptx"), long(0), text(code)]);
}

function text(content: string): Buffer {
  return Buffer.concat([long(content.length), Buffer.from(content, "latin1")]);
}

function long(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
