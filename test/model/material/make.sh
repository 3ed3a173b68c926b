#!/bin/bash
# Makes everything in this folder from kernel.cu: GPU code with NVIDIA's tools, libraries with binutils for both architectures.
#   CUDA   bin of CUDA 11.8 (Debian: nvidia-cuda-toolkit, unpacked with dpkg-deb -x)
#   NVRTC  libnvrtc.so.11.2 (Debian: libnvrtc11.2 and libnvrtc-builtins11.8 in one folder)
#   CUDA13 bin of CUDA 13, for code of ABI 8
#   ARM64  prefix of binutils for arm64 (Debian: binutils-aarch64-linux-gnu)
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

LD_LIBRARY_PATH=$(dirname "$NVRTC") python3 nvrtc.py "$NVRTC" compute_53 < kernel.cu > kernel.ptx
for sm in 72 75; do "$CUDA/ptxas" -arch=sm_$sm kernel.ptx -o kernel.sm_$sm.cubin; done
"$CUDA13/ptxas" -arch=sm_90 <(sed 's/sm_53/sm_75/' kernel.ptx) -o kernel.sm_90.abi8.cubin
images=(--image3=kind=elf,sm=72,file=kernel.sm_72.cubin --image3=kind=elf,sm=75,file=kernel.sm_75.cubin --image3=kind=ptx,sm=53,file=kernel.ptx)
"$CUDA/fatbinary" -64 --create=kernel.fatbin --compress=false "${images[@]}"
"$CUDA/fatbinary" -64 --create=kernel.lz4.fatbin --compress-all "${images[@]}"
"$CUDA13/fatbinary" -64 --create=kernel.zstd.fatbin --compress-mode=size --compress-all \
  --image3=kind=elf,sm=90,file=kernel.sm_90.abi8.cubin --image3=kind=ptx,sm=53,file=kernel.ptx

npx esbuild blob.ts --bundle --platform=node --format=cjs --outfile="$work/blob.cjs" --log-level=error
node "$work/blob.cjs" kernel.ptx > "$work/blob.bin"

# NAME SONAME VERSION: a library to link against that defines one symbol in a version.
stub() {
  printf '.globl %s\n.type %s, %%function\n.size %s, 4\n%s: .long 0\n' "stub_$1" "stub_$1" "stub_$1" "stub_$1" > "$work/$1.s"
  printf '%s { global: stub_%s; };\n' "$3" "$1" > "$work/$1.map"
  "${1:+$prefix}as" "$work/$1.s" -o "$work/$1.o"
  "${prefix}ld" -shared -soname "$2" --version-script "$work/$1.map" "$work/$1.o" -o "$work/$1.so"
}

for arch in arm64 x86_64; do
  prefix=""
  [ "$arch" = arm64 ] && prefix=$ARM64
  mkdir -p "$arch"
  link() { "${prefix}ld" -shared -s -z max-page-size=4096 -z noseparate-code --hash-style="$1" "${@:2}"; }
  stub libc libc.so.6 GLIBC_2.27
  stub libstdcxx libstdc++.so.6 GLIBCXX_3.4.22
  for library in libnvinfer.so.7 libcudart.so.10.2 libcudnn.so.8; do
    name=${library%%.*}
    stub "$name" "$library" "$name"
  done
  calls() { for name in "$@"; do printf '.xword stub_%s\n' "$name"; done | { [ "$arch" = arm64 ] && cat || sed 's/xword/quad/'; }; }

  { printf '.section .rodata\n.balign 8\n.globl __tvm_dev_mblob\n.type __tvm_dev_mblob, %%object\n__tvm_dev_mblob: .incbin "%s"\n' "$work/blob.bin"
    printf '.size __tvm_dev_mblob, . - __tvm_dev_mblob\n.data\n.balign 8\n.globl __tvm_module_ctx\n.type __tvm_module_ctx, %%object\n.size __tvm_module_ctx, 8\n__tvm_module_ctx: '
    calls libc; } > "$work/compiled.s"
  "${prefix}as" "$work/compiled.s" -o "$work/compiled.o"
  link gnu "$work/compiled.o" "$work/libc.so" -o "$arch/compiled.so"
  link sysv "$work/compiled.o" "$work/libc.so" -o "$arch/compiled.sysv-hash.so"

  { printf '.data\n.balign 8\n'; calls libnvinfer libcudart libcudnn libstdcxx libc; } > "$work/libdlr.s"
  "${prefix}as" "$work/libdlr.s" -o "$work/libdlr.o"
  link gnu -soname libdlr.so "$work/libdlr.o" "$work"/lib{nvinfer,cudart,cudnn,stdcxx,c}.so -o "$arch/libdlr.so"

  # Two containers in one section, as two objects would have them.
  printf '.section .nv_fatbin, "a"\n.balign 8\n.incbin "kernel.fatbin"\n.balign 8\n.incbin "kernel.lz4.fatbin"\n.balign 8\n.incbin "kernel.zstd.fatbin"\n' > "$work/kernels.s"
  "${prefix}as" "$work/kernels.s" -o "$work/kernels.o"
  link gnu -soname libkernels.so -rpath '$ORIGIN' "$work/kernels.o" -o "$arch/libkernels.so"
done
ls -l . arm64 x86_64
