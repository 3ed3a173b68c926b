/** TensorRT's major version in the name of its library: `7` of `libnvinfer.so.7`. */
export function tensorrtOfName(library: string): string | null {
  return /^libnvinfer\.so\.(\d{1,3})(?:\.|$)/.exec(library)?.[1] ?? null;
}

/** From this major of CUDA on, minor versions are interchangeable, and its libraries' names have the major alone. */
export const CUDA_MINORS_SINCE = 11;

/** The CUDA version in the name of its runtime or compiler library: `10.2` of `libcudart.so.10.2`; from 11 on the major alone. */
export function cudaOfName(library: string): string | null {
  const version = /^lib(?:cudart|nvrtc)\.so\.(\d{1,3}(?:\.\d{1,3})?)(?:\.|$)/.exec(library)?.[1];
  if (version === undefined) return null;
  // libcudart.so.11.0 is the name in every 11.x.
  const [major = ""] = version.split(".");
  return Number(major) >= CUDA_MINORS_SINCE ? major : version;
}
