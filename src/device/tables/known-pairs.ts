/** A library and a GPU or module that are known not to work together although their versions would match. */
export interface KnownPair {
  readonly library: "CUDA" | "TensorRT";
  /**
   * The first and the last version affected, as precisely as stated: 10.5 means every 10.5.x; no last means all later
   * ones.
   */
  readonly from: string;
  readonly to: string | null;
  /** The compute capabilities affected: whole ones, or a major with a dot (`5.`). */
  readonly capabilities?: readonly string[];
  /** The modules affected; without a module number, a product with at least this many bytes of memory. */
  readonly modules?: readonly string[];
  readonly product?: { readonly name: string; readonly leastMemoryBytes: number };
  /** BLOCKING if every use was seen or documented to fail, WARNING if a patch or another build may work. */
  readonly severity: "BLOCKING" | "WARNING";
  /** What happens, to follow the pair's names. */
  readonly effect: string;
  readonly fix: string;
  /** Key in SOURCES. */
  readonly source: string;
}

/** Where the rows come from. */
export const SOURCES: Readonly<Record<string, string>> = {
  nx16: "NVIDIA/TensorRT issue #1866 (patch 8.2.1.9 by NVIDIA), dusty-nv/jetson-inference issues #1406 and #1508",
  sm87: "NVIDIA-ISAAC-ROS/isaac-ros-cli issue #22 (10.13.3.9 holds no sm_87 code, 10.16 does)",
  volta: "TensorRT 10.5.0 release notes (10.4 is the last for Volta), NVIDIA/TensorRT-LLM issue #2400",
  pascal: "NVIDIA/TensorRT issue #3826 (10.0.1 on a GTX 1080 Ti)",
  maxwell:
    "TensorRT 8.6.0 release notes (8.5.3 is the last for Kepler and Maxwell), NVIDIA/TensorRT issue #3589 (8.6.1 on a GT 730)",
  ampere: "NVIDIA/TensorRT issue #2332 (7.0.0 on an RTX A6000), wang-xinyu/tensorrtx issue #819 (7.0 on an RTX 3080)",
  ampere71: "NVIDIA/TensorRT issue #975 (7.1.3 on an RTX 3060 Ti: 7.2.1 is the first for that chip)",
  ampere72: "NVIDIA/TensorRT issues #1428 (7.2.3 on an RTX 3060) and #1035 (7.2.2 on an RTX 3070)",
  blackwell: "DDTRobot/tita_rl_sim2sim2real issue #7 (10.7.0 on an RTX 5070 Ti)",
  cuda102: "CUDA 10.2 and 11.0 release notes: code for compute capability 8.0 comes with 11.0",
  cuda11: "CUDA 11.0 release notes: compute capability 3.0 is removed",
  cuda12: "CUDA 12.0 release notes: Kepler (3.5 and 3.7) is removed",
  cuda13: "CUDA 13.0 release notes: Maxwell, Pascal and Volta are removed",
};

const UNSUPPORTED = "builds no engine there: it holds no code for that GPU";

/** Pairs by library, oldest version first. */
export const KNOWN_PAIRS: readonly KnownPair[] = [
  pair(
    "CUDA",
    "10.0",
    "10.2",
    ["8."],
    "WARNING",
    "has no code for that GPU and runs only what the driver compiles from PTX",
    "cuda102",
    "Install CUDA 11.0 or later, and a model that was compiled for it",
  ),
  pair("CUDA", "11.0", null, ["3.0"], "BLOCKING", "no longer has code for that GPU", "cuda11", "Install CUDA 10.2"),
  pair(
    "CUDA",
    "12.0",
    null,
    ["3.5", "3.7"],
    "BLOCKING",
    "no longer has code for that GPU",
    "cuda12",
    "Install CUDA 11.x",
  ),
  pair(
    "CUDA",
    "13.0",
    null,
    ["5.", "6.", "7.0"],
    "BLOCKING",
    "no longer has code for that GPU",
    "cuda13",
    "Install CUDA 12.x",
  ),
  pair("TensorRT", "5.0", "7.0", ["8."], "BLOCKING", UNSUPPORTED, "ampere", "Install TensorRT 8.x"),
  pair("TensorRT", "7.1", "7.1", ["8.6"], "BLOCKING", UNSUPPORTED, "ampere71", "Install TensorRT 8.x"),
  pair(
    "TensorRT",
    "7.2",
    "7.2",
    ["8.6"],
    "WARNING",
    "was seen to build no engine there",
    "ampere72",
    "Install TensorRT 8.x",
  ),
  {
    library: "TensorRT",
    from: "8.2.1",
    to: "8.2.1.8",
    modules: ["p3668-0003"],
    product: { name: "Xavier NX", leastMemoryBytes: 12e9 },
    severity: "WARNING",
    effect: "(8.2.1.8, of JetPack 4.6.1 and later) does not know this module and builds no engine on it",
    fix: "Install NVIDIA's TensorRT 8.2.1.9 patch for JetPack 4.6 on the Xavier NX 16 GB",
    source: "nx16",
  },
  pair("TensorRT", "8.6", null, ["3."], "BLOCKING", UNSUPPORTED, "maxwell", "Install TensorRT 8.5"),
  pair(
    "TensorRT",
    "8.6",
    "8.6",
    ["5."],
    "WARNING",
    "no longer names that GPU as supported",
    "maxwell",
    "Install TensorRT 8.5",
  ),
  pair("TensorRT", "9.0", null, ["5."], "BLOCKING", UNSUPPORTED, "maxwell", "Install TensorRT 8.6"),
  pair("TensorRT", "10.0", null, ["6."], "BLOCKING", UNSUPPORTED, "pascal", "Install TensorRT 8.6"),
  pair("TensorRT", "10.0", "10.7", ["12.0"], "BLOCKING", UNSUPPORTED, "blackwell", "Install TensorRT 10.8 or later"),
  pair("TensorRT", "10.5", null, ["7.0"], "BLOCKING", UNSUPPORTED, "volta", "Install TensorRT 10.4"),
  pair(
    "TensorRT",
    "10.13.3",
    "10.13.3",
    ["8.7"],
    "BLOCKING",
    UNSUPPORTED,
    "sm87",
    "Install JetPack's own TensorRT (10.3 with 6.x, 10.16 with 7.2)",
  ),
];

function pair(
  library: KnownPair["library"],
  from: string,
  to: string | null,
  capabilities: readonly string[],
  severity: KnownPair["severity"],
  effect: string,
  source: string,
  fix: string,
): KnownPair {
  return { library, from, to, capabilities, severity, effect, fix, source };
}
