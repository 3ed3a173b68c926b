import type { Arch } from "../device/facts.js";

/** An LLVM feature name in Linux flag names; empty if every processor of the architecture has the feature. */
interface LlvmFeature {
  readonly arch: Arch;
  readonly llvm: string;
  readonly linux: readonly string[];
}

const ARM64 = (llvm: string, ...linux: string[]): LlvmFeature => ({ arch: "ARM64", llvm, linux });
const X86 = (llvm: string, ...linux: string[]): LlvmFeature => ({ arch: "X86_64", llvm, linux });

/**
 * LLVM's names on the left, /proc/cpuinfo's on the right. Sources: LLVM AArch64 and X86 target descriptions; Linux
 * arch/arm64 elf_hwcaps and arch/x86 cpufeatures.h. `vfpv4` is a 32-bit ARM name that AWS's own example uses for ARM64.
 */
const FEATURES: readonly LlvmFeature[] = [
  ARM64("neon", "asimd"),
  ARM64("fp-armv8", "fp"),
  ARM64("vfpv3", "fp"),
  ARM64("vfpv4", "fp"),
  ARM64("crc", "crc32"),
  ARM64("aes", "aes", "pmull"),
  ARM64("sha2", "sha1", "sha2"),
  ARM64("crypto", "aes", "pmull", "sha1", "sha2"),
  ARM64("sha3", "sha3", "sha512"),
  ARM64("sm4", "sm3", "sm4"),
  ARM64("lse", "atomics"),
  ARM64("rdm", "asimdrdm"),
  ARM64("fullfp16", "fphp", "asimdhp"),
  ARM64("dotprod", "asimddp"),
  ARM64("fp16fml", "asimdfhm"),
  ARM64("rcpc", "lrcpc"),
  ARM64("rcpc-immo", "ilrcpc"),
  ARM64("jsconv", "jscvt"),
  ARM64("complxnum", "fcma"),
  ARM64("ccpp", "dcpop"),
  ARM64("i8mm", "i8mm"),
  ARM64("bf16", "bf16"),
  ARM64("sve", "sve"),
  ARM64("sve2", "sve2"),
  X86("x87", "fpu"),
  X86("mmx", "mmx"),
  X86("fxsr", "fxsr"),
  X86("cmov", "cmov"),
  X86("cx8", "cx8"),
  X86("sse", "sse"),
  X86("sse2", "sse2"),
  X86("sse3", "pni"),
  X86("ssse3", "ssse3"),
  X86("sse4.1", "sse4_1"),
  X86("sse4.2", "sse4_2"),
  X86("sse4a", "sse4a"),
  X86("popcnt", "popcnt"),
  X86("cx16", "cx16"),
  X86("sahf", "lahf_lm"),
  X86("avx", "avx"),
  X86("avx2", "avx2"),
  X86("fma", "fma"),
  X86("f16c", "f16c"),
  X86("bmi", "bmi1"),
  X86("bmi2", "bmi2"),
  X86("lzcnt", "abm"),
  X86("movbe", "movbe"),
  X86("aes", "aes"),
  X86("vaes", "vaes"),
  X86("pclmul", "pclmulqdq"),
  X86("vpclmulqdq", "vpclmulqdq"),
  X86("gfni", "gfni"),
  X86("sha", "sha_ni"),
  X86("rdrnd", "rdrand"),
  X86("rdseed", "rdseed"),
  X86("rdpid", "rdpid"),
  X86("adx", "adx"),
  X86("fsgsbase", "fsgsbase"),
  X86("prfchw", "3dnowprefetch"),
  X86("clflushopt", "clflushopt"),
  X86("clwb", "clwb"),
  X86("clzero", "clzero"),
  X86("mwaitx", "mwaitx"),
  X86("pku", "pku"),
  X86("xsave", "xsave"),
  X86("xsaveopt", "xsaveopt"),
  X86("xsavec", "xsavec"),
  X86("xsaves", "xsaves"),
  X86("fma4", "fma4"),
  X86("xop", "xop"),
  X86("tbm", "tbm"),
  X86("avxvnni", "avx_vnni"),
  X86("avx512f", "avx512f"),
  X86("avx512bw", "avx512bw"),
  X86("avx512cd", "avx512cd"),
  X86("avx512dq", "avx512dq"),
  X86("avx512vl", "avx512vl"),
  X86("avx512ifma", "avx512ifma"),
  X86("avx512vbmi", "avx512vbmi"),
  X86("avx512vbmi2", "avx512_vbmi2"),
  X86("avx512vnni", "avx512_vnni"),
  X86("avx512bitalg", "avx512_bitalg"),
  X86("avx512vpopcntdq", "avx512_vpopcntdq"),
  X86("avx512bf16", "avx512_bf16"),
  X86("avx512fp16", "avx512_fp16"),
];

/** The architectures that know the LLVM feature name, each with the Linux flags it needs; empty for an unknown name. */
export function llvmFeature(name: string): readonly LlvmFeature[] {
  return FEATURES.filter((feature) => feature.llvm === name);
}
