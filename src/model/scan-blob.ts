import type { Slices } from "../base/elf.js";
import type { Budget } from "./budget.js";
import { CUBIN_HEADER_BYTES, cubinSm } from "./cubin.js";
import { type GpuCodes, ptxAt, ptxCodes, readGpuCode } from "./device-code.js";
import { searchPieces } from "./search-pieces.js";
import { versionsOf } from "./tensorrt-graph.js";

/** What a part of a module blob says. */
export interface BlobFindings {
  /** TensorRT versions that the compiled graphs name, `7.1.3`. */
  readonly tensorrt: readonly string[];
  readonly gpu: readonly GpuCodes[];
}

const OVERLAP_BYTES = 1024;
const FATBIN = Buffer.from([0x50, 0xed, 0x55, 0xba, 1, 0, 16, 0]);
const ELF = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
const PTX = Buffer.from("\n.target sm_");
const TENSORRT = Buffer.from('"tensorrt_version"');
/** `.version` and the compiler's name are at most this far before `.target`. */
const PTX_HEAD_BEFORE = 1024;
/** Weights may look like anything; real models have only a few pieces of code. */
const MOST_MATCHES = 1000;

/** Searches part of a blob for TensorRT graphs and GPU code. It may miss some. */
export function scanBlob(
  slices: Slices,
  start: number,
  end: number,
  budget: Budget,
): { readonly findings: BlobFindings; readonly problem: string | null } {
  const tensorrt = new Set<string>();
  const gpu = new Map<number, GpuCodes>();
  const range = { start, end, overlapBytes: OVERLAP_BYTES };
  const problem = searchPieces(slices, range, budget, (piece, offset) => {
    const from = (at: number, before: number) => Math.max(start, offset + at - before);
    for (const at of matches(piece, TENSORRT)) {
      for (const version of versionsOf(piece.toString("latin1", at, at + OVERLAP_BYTES))) tensorrt.add(version);
    }
    for (const at of matches(piece, FATBIN)) {
      if (gpu.size < MOST_MATCHES) gpu.set(offset + at, fatbinAt(slices, offset + at, end, budget));
    }
    for (const at of matches(piece, ELF)) {
      const sm = cubinSm(piece.subarray(at, at + CUBIN_HEADER_BYTES));
      if (sm !== null && gpu.size < MOST_MATCHES) gpu.set(offset + at, cubin(sm));
    }
    for (const at of matches(piece, PTX)) {
      const head = from(at, PTX_HEAD_BEFORE);
      const ptx = ptxAt(slices, head, Math.min(end - head, 2 * PTX_HEAD_BEFORE));
      if (ptx !== null && gpu.size < MOST_MATCHES) gpu.set(offset + at, ptxCodes(ptx));
    }
  });
  const inOrder = [...gpu].sort(([a], [b]) => a - b).map(([, codes]) => codes);
  const tooMany = gpu.size < MOST_MATCHES ? null : `more than ${MOST_MATCHES} pieces of GPU code`;
  return { findings: { tensorrt: [...tensorrt], gpu: inOrder }, problem: problem ?? tooMany };
}

/** The fat binary at an offset; only its own header says where it ends. */
function fatbinAt(slices: Slices, offset: number, end: number, budget: Budget): GpuCodes {
  const size = slices.read(offset + 8, 8);
  const bytes = size === null || size.length < 8 ? 0 : new DataView(size.buffer, size.byteOffset).getUint32(0, true);
  return { ...readGpuCode(slices, offset, Math.min(end, offset + 16 + bytes), budget), problem: null };
}

function cubin(sm: number): GpuCodes {
  return { codes: [{ kind: "CUBIN", sm: `sm_${sm}` }], isas: [], releases: [], problem: null };
}

function* matches(piece: Buffer, wanted: Buffer): Generator<number> {
  for (let at = piece.indexOf(wanted); at >= 0; at = piece.indexOf(wanted, at + 1)) yield at;
}
