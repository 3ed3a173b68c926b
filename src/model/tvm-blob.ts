import type { Slices } from "../base/elf.js";
import { BlobError, type BlobReader, blobReader } from "./blob-reader.js";
import type { Budget } from "./budget.js";
import { type GpuCodes, readGpuCode } from "./device-code.js";
import { type BlobFindings, scanBlob } from "./scan-blob.js";
import { tensorrtVersionsIn } from "./tensorrt-graph.js";

/** What the module blob of a compiled model says. */
export interface TvmBlob {
  /** The kinds of its modules, in order: `_lib`, `cuda`, `tensorrt`. */
  readonly modules: readonly string[];
  /** What was read in its modules. */
  readonly read: BlobFindings;
  /** What a search found after an unknown module; null if none was needed. */
  readonly scanned: BlobFindings | null;
  /** Why not all of it was read; null if it was. */
  readonly problem: string | null;
}

/** The symbol of a compiled model's blob. */
export const BLOB_SYMBOL = "__tvm_dev_mblob";
const LENGTH_BYTES = 8;
const LONGEST_KIND = 64;

/**
 * Reads TVM's serialized modules: a length, a count, and each module's kind and body. Weights are skipped by their lengths. Bodies
 * have no length of their own, so what follows an unknown kind can only be searched.
 */
export function readTvmBlob(slices: Slices, offset: number, symbolBytes: number, budget: Budget): TvmBlob {
  const modules: string[] = [];
  const found = { tensorrt: [] as string[], gpu: [] as GpuCodes[] };
  const result = (scanned: BlobFindings | null, problem: string | null): TvmBlob => ({
    modules,
    read: found,
    scanned,
    problem: problem ?? found.gpu.find((code) => code.problem !== null)?.problem ?? null,
  });
  const room = Math.min(slices.sizeBytes - offset, symbolBytes === 0 ? Number.POSITIVE_INFINITY : symbolBytes);
  const start = blobReader(slices, offset, offset + room, budget);
  let end = offset + room;
  let last = offset;
  try {
    const length = start.number();
    if (length > room - LENGTH_BYTES) {
      throw new BlobError(
        `it is truncated: it has ${Math.max(0, room - LENGTH_BYTES)} bytes, and should have ${length}`,
      );
    }
    end = offset + LENGTH_BYTES + length;
    const reader = blobReader(slices, start.at(), end, budget);
    const count = reader.number();
    for (let i = 0; i < count; i++) {
      const over = budget.spend("blobModules");
      if (over !== null) return result(null, over);
      last = reader.at();
      const kind = reader.text(LONGEST_KIND);
      if (!/^[\w.-]+$/.test(kind)) throw new BlobError("the kind of a module is not a name");
      readBody(kind, reader, slices, budget, found);
      modules.push(kind);
    }
    return result(null, null);
  } catch (error) {
    if (!(error instanceof BlobError)) throw error;
    const scan = scanBlob(slices, last, end, budget);
    return result(scan.findings, [`${error.message} (offset ${last})`, scan.problem].filter(Boolean).join("; "));
  }
}

/** Reads one module's body, or skips it. Throws BlobError for an unknown kind. */
function readBody(
  kind: string,
  reader: BlobReader,
  slices: Slices,
  budget: Budget,
  found: { readonly tensorrt: string[]; readonly gpu: GpuCodes[] },
): void {
  switch (kind) {
    // A placeholder for the library's own code, without a body.
    case "_lib":
      return;
    case "_import_tree":
      reader.skipNumbers();
      reader.skipNumbers();
      return;
    case "cuda": {
      skipFunctions(reader);
      const { start, end } = reader.range();
      found.gpu.push(readGpuCode(slices, start, end, budget));
      return;
    }
    case "tensorrt": {
      reader.skipText();
      const { start, end } = reader.range();
      const graph = tensorrtVersionsIn(slices, start, end, budget);
      if (graph.problem !== null) throw new BlobError(graph.problem);
      found.tensorrt.push(...graph.versions);
      reader.skipTexts();
      return;
    }
    case "metadata":
    case "const_loader":
      skipConstants(reader);
      return;
    default:
      throw new BlobError(`the module kind "${kind}" is unknown, so what follows it was only searched`);
  }
}

/** The functions of a CUDA module: its format, then name, arguments and launch parameters of each. */
function skipFunctions(reader: BlobReader): void {
  reader.skipText();
  const count = reader.count();
  for (let i = 0; i < count; i++) {
    reader.skipText();
    reader.skipText();
    // Types of 4 bytes: code, bits, lanes.
    reader.skip(4 * reader.count());
    reader.skipTexts();
  }
}

const ARRAY_MAGIC = 0xdd5e40f096b4a13fn;

/** The body is a list of names, as many arrays (the weights), and which symbol needs which. */
function skipConstants(reader: BlobReader): void {
  reader.skipTexts();
  const arrays = reader.count();
  for (let i = 0; i < arrays; i++) {
    if (reader.long() !== ARRAY_MAGIC) throw new BlobError("a constant has no valid header");
    // A reserved number, and the device.
    reader.skip(16);
    const dimensions = reader.int();
    // The type, and the sizes.
    reader.skip(4 + 8 * dimensions);
    reader.skip(reader.number());
  }
  reader.skipTexts();
  const symbols = reader.count();
  for (let i = 0; i < symbols; i++) reader.skipTexts();
}
