import type { Slices } from "../base/elf.js";
import { viewOf } from "../base/elf-fields.js";
import type { Budget } from "./budget.js";
import { CUBIN_HEADER_BYTES, cubinSm } from "./cubin.js";
import { FATBIN_MAGIC, type FatbinEntry, readFatbins } from "./fatbin.js";
import type { GpuCode } from "./model.js";
import { PTX_HEAD_BYTES, type PtxHeader, parsePtx } from "./ptx.js";

/** What the GPU code in one place of a file states. */
export interface GpuCodes {
  readonly codes: readonly GpuCode[];
  /** Versions of the PTX language, `6.5`. */
  readonly isas: readonly string[];
  /** CUDA releases of the compiler, from PTX text, `10.2`. */
  readonly releases: readonly string[];
  /** Why not all of it could be read. */
  readonly problem: string | null;
}

const NOTHING: GpuCodes = { codes: [], isas: [], releases: [], problem: null };

/** Reads GPU code of any form between two offsets: fat binaries, one cubin, or PTX text. */
export function readGpuCode(slices: Slices, start: number, end: number, budget: Budget): GpuCodes {
  const head = slices.read(start, Math.min(CUBIN_HEADER_BYTES, end - start));
  if (head === null) return { ...NOTHING, problem: `cannot read GPU code at offset ${start}` };
  if (head.length >= 4 && viewOf(head).getUint32(0, true) === FATBIN_MAGIC) {
    return fatbinCodes(slices, start, end, budget);
  }
  const sm = cubinSm(head);
  if (sm !== null) return { ...NOTHING, codes: [{ kind: "CUBIN", sm: `sm_${sm}` }] };
  const ptx = ptxAt(slices, start, end - start);
  if (ptx !== null) return ptxCodes(ptx);
  return { ...NOTHING, problem: `the GPU code at offset ${start} is neither PTX nor a cubin nor a fat binary` };
}

/** What one PTX text says. */
export function ptxCodes({ target, isa, release }: PtxHeader): GpuCodes {
  return {
    codes: [{ kind: "PTX", sm: target }],
    isas: isa === null ? [] : [isa],
    releases: release === null ? [] : [release],
    problem: null,
  };
}

/** The head of PTX text at an offset; null if there is none. */
export function ptxAt(slices: Slices, offset: number, sizeBytes: number): PtxHeader | null {
  const bytes = slices.read(offset, Math.min(PTX_HEAD_BYTES, sizeBytes));
  return bytes === null ? null : parsePtx(String.fromCharCode(...bytes));
}

function fatbinCodes(slices: Slices, start: number, end: number, budget: Budget): GpuCodes {
  const { entries, problem } = readFatbins(slices, start, end, budget);
  const releases = entries.flatMap((entry) => releaseIn(slices, entry) ?? []);
  return {
    codes: unique(entries.map(({ kind, sm }) => `${kind} sm_${sm}`)).map(codeOf),
    isas: unique(entries.flatMap(({ isa }) => isa ?? [])),
    releases: unique(releases),
    problem,
  };
}

function releaseIn(slices: Slices, entry: FatbinEntry): string | null {
  if (entry.kind !== "PTX" || entry.compressed) return null;
  return ptxAt(slices, entry.offset, entry.sizeBytes)?.release ?? null;
}

function codeOf(text: string): GpuCode {
  const [kind, sm = ""] = text.split(" ");
  return { kind: kind === "PTX" ? "PTX" : "CUBIN", sm };
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
