/**
 * A kind of NVIDIA GPU, by the name that its driver gives it, and whether NVIDIA's compatibility package works on it.
 */
interface ForwardCompatibility {
  readonly pattern: RegExp;
  readonly allowed: boolean;
  /** Key in SOURCES. */
  readonly source: string;
}

/** Where the rows come from. */
export const SOURCES: Readonly<Record<string, string>> = {
  compatibility:
    "NVIDIA CUDA Compatibility, forward compatibility: data-center GPUs and select NGC-ready RTX cards; elsewhere error 804",
  "804": "error 804 seen: NVIDIA/nvidia-docker issue #1294 (GTX 1080 Ti), oobabooga/textgen issue #4407 (GTX 1050 Ti)",
};

/**
 * Names as the driver writes them; the first row that matches counts. Workstation cards match none: only some are
 * NGC-ready.
 */
const FORWARD_COMPATIBILITY: readonly ForwardCompatibility[] = [
  { pattern: /GeForce|TITAN/i, allowed: false, source: "804" },
  { pattern: /\bTesla\b/i, allowed: true, source: "compatibility" },
  {
    pattern: /^(?:NVIDIA )?(?:GRID )?(?:A[123]|A10|A16|A30|A40|A100|A800|A10G|A10M)(?:[- ]|$)/,
    allowed: true,
    source: "compatibility",
  },
  {
    pattern:
      /^(?:NVIDIA )?(?:L4|L20|L40|L40S|H20|H100|H200|H800|GH200|B100|B200|B300|GB200|GB300|T4G?|V100|P100|P40|P4|M60|K80)(?:[- ]|$)/,
    allowed: true,
    source: "compatibility",
  },
];

/** The row for a GPU's name; null if no row matches. */
export function forwardCompatibility(name: string | null): ForwardCompatibility | null {
  return name === null ? null : (FORWARD_COMPATIBILITY.find(({ pattern }) => pattern.test(name)) ?? null);
}
