/** The header of PTX text. */
export interface PtxHeader {
  /** `sm_72` */
  readonly target: string;
  /** The language version, `6.5`. */
  readonly isa: string | null;
  /** The CUDA release of the compiler, `10.2`. */
  readonly release: string | null;
}

/** How much of PTX text is read: the directives are at its head. */
export const PTX_HEAD_BYTES = 4096;

/** Reads the directives at the head of PTX text; null if it has no `.target`. */
export function parsePtx(head: string): PtxHeader | null {
  const target = /^[ \t]*\.target[ \t]+(sm_\d{1,3}[a-z]?)\b/m.exec(head)?.[1];
  if (target === undefined) return null;
  return {
    target,
    isa: /^[ \t]*\.version[ \t]+(\d{1,2}\.\d{1,2})\b/m.exec(head)?.[1] ?? null,
    release: /Cuda compilation tools, release (\d{1,2}\.\d{1,2})\b/.exec(head)?.[1] ?? null,
  };
}

/** The CUDA release that introduced each PTX version; drivers of older releases do not load it. */
const RELEASES: Readonly<Record<string, string>> = {
  "6.0": "9.0",
  "6.1": "9.1",
  "6.2": "9.2",
  "6.3": "10.0",
  "6.4": "10.1",
  "6.5": "10.2",
  "7.0": "11.0",
  "7.1": "11.1",
  "7.2": "11.2",
  "7.3": "11.3",
  "7.4": "11.4",
  "7.5": "11.5",
  "7.6": "11.6",
  "7.7": "11.7",
  "7.8": "11.8",
  "8.0": "12.0",
  "8.1": "12.1",
  "8.2": "12.2",
  "8.3": "12.3",
  "8.4": "12.4",
  "8.5": "12.5",
  "8.6": "12.7",
  "8.7": "12.8",
  "8.8": "12.9",
  "9.0": "13.0",
  "9.1": "13.1",
};

/** The CUDA release that introduced a PTX version; null if it is unknown. */
export function releaseOfIsa(isa: string): string | null {
  return Object.hasOwn(RELEASES, isa) ? (RELEASES[isa] ?? null) : null;
}
