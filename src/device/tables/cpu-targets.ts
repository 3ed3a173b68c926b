/** One LLVM CPU name and what code for it needs, in Linux flag names. */
interface CpuTarget {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly arch: "ARM64" | "X86_64" | "ANY";
  /** Rows whose features it includes. */
  readonly extends: readonly string[];
  readonly adds: readonly string[];
  /** Key in SOURCES. */
  readonly source: string;
}

/** Where the rows come from. */
export const SOURCES: Readonly<Record<string, string>> = {
  archspec: "archspec/archspec-json cpu/microarchitectures.json, baseline features of x86-64 left out",
  cadvisor: "google/cadvisor lib/machine/testdata: aes and sha are optional (a Raspberry Pi 4 lacks them)",
  socs63: "hrw/arm-socs-table issue #63",
  arm: "Arm Architecture Reference Manual, features of the architecture version that the core implements",
  llvm: "LLVM: a name without requirements beyond the architecture",
};

/** The names that CompilerOptions can have as `mcpu`; a row comes after those that it extends. */
export const CPU_TARGETS: readonly CpuTarget[] = [
  row("generic", [], "ANY", [], "", "llvm"),
  x86("x86-64", [], [], "", "llvm"),
  x86("core2", [], [], "ssse3"),
  x86("x86-64-v2", [], [], "cx16 lahf_lm popcnt sse4_1 sse4_2 ssse3"),
  x86("nehalem", ["corei7"], ["x86-64-v2"], ""),
  x86("westmere", [], ["nehalem"], "aes pclmulqdq"),
  x86("sandybridge", ["corei7-avx"], ["westmere"], "avx"),
  x86("ivybridge", ["core-avx-i"], ["sandybridge"], "f16c rdrand"),
  x86("x86-64-v3", [], ["x86-64-v2"], "abm avx avx2 bmi1 bmi2 f16c fma movbe xsave"),
  x86("haswell", ["core-avx2"], ["ivybridge", "x86-64-v3"], ""),
  x86("broadwell", [], ["haswell"], "adx rdseed"),
  x86("skylake", [], ["broadwell"], "clflushopt xsavec xsaveopt"),
  x86("x86-64-v4", [], ["x86-64-v3"], "avx512bw avx512cd avx512dq avx512f avx512vl"),
  x86("skylake-avx512", ["skx"], ["skylake", "x86-64-v4"], "clwb"),
  x86("cascadelake", [], ["skylake-avx512"], "avx512_vnni"),
  x86("cannonlake", [], ["skylake", "x86-64-v4"], "avx512ifma avx512vbmi sha_ni"),
  x86(
    "icelake-client",
    ["icelake-server"],
    ["cascadelake", "cannonlake"],
    "avx512_bitalg avx512_vbmi2 avx512_vpopcntdq gfni rdpid vaes vpclmulqdq",
  ),
  x86(
    "sapphirerapids",
    ["emeraldrapids"],
    ["icelake-client"],
    "amx_bf16 amx_int8 amx_tile avx512_bf16 cldemote movdir64b movdiri serialize waitpkg",
  ),
  x86(
    "alderlake",
    ["raptorlake"],
    ["skylake"],
    "avx_vnni clwb gfni movdir64b movdiri rdpid serialize sha_ni vaes vpclmulqdq waitpkg",
  ),
  x86("bdver1", [], ["x86-64-v2"], "abm aes avx fma4 pclmulqdq sse4a xop xsave"),
  x86("bdver2", [], ["bdver1"], "bmi1 f16c fma tbm"),
  x86("bdver3", [], ["bdver2"], "fsgsbase"),
  x86("bdver4", [], ["bdver3", "x86-64-v3"], ""),
  x86("znver1", [], ["x86-64-v3"], "aes clflushopt clzero fsgsbase pclmulqdq rdseed sse4a xsavec xsaveopt"),
  x86("znver2", [], ["znver1"], "clwb"),
  x86("znver3", [], ["znver2"], "pku vaes vpclmulqdq"),
  x86(
    "znver4",
    [],
    ["znver3", "x86-64-v4"],
    "avx512_bf16 avx512_bitalg avx512_vbmi2 avx512_vnni avx512_vpopcntdq avx512ifma avx512vbmi flush_l1d gfni",
  ),
  arm("cortex-a53", ["cortex-a35"], [], "fp asimd crc32", "cadvisor"),
  arm("cortex-a57", [], [], "fp asimd crc32", "cadvisor"),
  arm("cortex-a72", ["cortex-a73"], [], "fp asimd crc32", "cadvisor"),
  arm("cortex-a55", ["cortex-a75"], ["cortex-a53"], "atomics asimdrdm dcpop fphp asimdhp asimddp lrcpc", "arm"),
  arm("cortex-a76", ["cortex-a76ae", "cortex-a77", "cortex-a78", "cortex-a78ae"], ["cortex-a55"], "", "arm"),
  arm("carmel", [], ["cortex-a57"], "aes pmull sha1 sha2 atomics fphp asimdhp", "socs63"),
  arm("neoverse-n1", [], ["cortex-a72"], "atomics fphp asimdhp asimdrdm lrcpc dcpop asimddp"),
  arm(
    "neoverse-v1",
    [],
    ["neoverse-n1"],
    "asimdfhm bf16 dcpodp dgh dit fcma flagm i8mm ilrcpc jscvt rng sha3 sha512 sve svebf16 svei8mm uscat",
  ),
  arm(
    "neoverse-n2",
    ["neoverse-v2"],
    ["neoverse-n1"],
    "asimdfhm bf16 dcpodp fcma flagm flagm2 frint i8mm ilrcpc jscvt sb sha3 sha512 sve sve2 svebf16 svei8mm uscat",
  ),
];

/** The row of a name or alias; null if the table does not have it. */
export function cpuTarget(name: string): CpuTarget | null {
  return CPU_TARGETS.find((row) => row.name === name || row.aliases.includes(name)) ?? null;
}

/** Every Linux flag that code for this CPU name needs, in alphabetical order; null for an unknown name. */
export function featuresOf(name: string): readonly string[] | null {
  const target = cpuTarget(name);
  if (!target) return null;
  const features = new Set(target.adds);
  for (const base of target.extends) for (const feature of featuresOf(base) ?? []) features.add(feature);
  return [...features].sort();
}

function row(
  name: string,
  aliases: readonly string[],
  arch: CpuTarget["arch"],
  bases: readonly string[],
  adds: string,
  source: string,
): CpuTarget {
  return { name, aliases, arch, extends: bases, adds: adds === "" ? [] : adds.split(" "), source };
}

function x86(name: string, aliases: readonly string[], bases: readonly string[], adds: string, source = "archspec") {
  return row(name, aliases, "X86_64", bases, adds, source);
}

function arm(name: string, aliases: readonly string[], bases: readonly string[], adds: string, source = "archspec") {
  return row(name, aliases, "ARM64", bases, adds, source);
}
