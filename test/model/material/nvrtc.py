"""Compiles kernel.cu to PTX with NVRTC: nvrtc.py LIBNVRTC ARCH < kernel.cu > kernel.ptx"""

import ctypes
import sys

library, arch = sys.argv[1:3]
nvrtc = ctypes.CDLL(library)


def call(name, *args):
    code = getattr(nvrtc, name)(*args)
    if code != 0:
        sys.exit(f"{name} failed with {code}")


program = ctypes.c_void_p()
source = sys.stdin.buffer.read()
call("nvrtcCreateProgram", ctypes.byref(program), source, b"kernel.cu", 0, None, None)
options = (ctypes.c_char_p * 1)(f"--gpu-architecture={arch}".encode())
call("nvrtcCompileProgram", program, 1, options)
size = ctypes.c_size_t()
call("nvrtcGetPTXSize", program, ctypes.byref(size))
ptx = ctypes.create_string_buffer(size.value)
call("nvrtcGetPTX", program, ptx)
sys.stdout.write(ptx.value.decode())
