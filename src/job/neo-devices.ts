import type { TargetPlatform } from "./wire.js";

/** One device that SageMaker Neo compiles for: its platform, and the options that Neo's guide lists for it. */
export interface NeoDevice {
  readonly platform: TargetPlatform;
  readonly gpuCode?: string;
  readonly options?: string;
}

const JETSON = { Os: "LINUX", Arch: "ARM64", Accelerator: "NVIDIA" } as const;
const X86_GPU = { Os: "LINUX", Arch: "X86_64", Accelerator: "NVIDIA" } as const;
const X86_CPU = { Os: "LINUX", Arch: "X86_64" } as const;
const ARM_CPU = { Os: "LINUX", Arch: "ARM64" } as const;
const arm = (Accelerator: string) => ({ Os: "LINUX", Arch: "ARM64", Accelerator }) as const;

/**
 * By the values of TargetDevice (SageMaker API reference, OutputConfig). Edge devices: SageMaker AI developer guide, "Supported
 * Devices, Chip Architectures, and Systems". Targets ml_*: the processors and GPUs of Amazon EC2's instance types. The options
 * for jetson_xavier are Neo's; Lookout for Vision compiled for newer libraries.
 */
export const NEO_DEVICES: ReadonlyMap<string, NeoDevice> = new Map<string, NeoDevice>([
  ["jetson_nano", { platform: JETSON, options: '{"gpu-code": "sm_53", "trt-ver": "5.0.6", "cuda-ver": "10.0"}' }],
  ["jetson_tx1", { platform: JETSON, options: '{"gpu-code": "sm_53", "trt-ver": "6.0.1", "cuda-ver": "10.0"}' }],
  ["jetson_tx2", { platform: JETSON, options: '{"gpu-code": "sm_62", "trt-ver": "6.0.1", "cuda-ver": "10.0"}' }],
  ["jetson_xavier", { platform: JETSON, options: '{"gpu-code": "sm_72", "trt-ver": "5.1.6", "cuda-ver": "10.0"}' }],
  ["imx8qm", { platform: ARM_CPU }],
  ["sbe_c", { platform: X86_CPU, options: '{"mcpu": "core-avx2"}' }],
  ["ml_p2", { platform: X86_GPU, gpuCode: "sm_37" }],
  ["ml_p3", { platform: X86_GPU, gpuCode: "sm_70" }],
  ["ml_g4dn", { platform: X86_GPU, gpuCode: "sm_75" }],
  ["ml_c4", { platform: X86_CPU }],
  ["ml_c5", { platform: X86_CPU }],
  ["ml_m4", { platform: X86_CPU }],
  ["ml_m5", { platform: X86_CPU }],
  ["ml_c6g", { platform: ARM_CPU }],
  ["ml_m6g", { platform: ARM_CPU }],
  // These have a platform too, but not one that a packaging job can have: the refusal names what does not fit.
  ["aisage", { platform: arm("MALI") }],
  ["rk3399", { platform: arm("MALI") }],
  ["amba_cv2", { platform: arm("CVFLOW") }],
  ["amba_cv22", { platform: arm("CVFLOW") }],
  ["amba_cv25", { platform: arm("CVFLOW") }],
  ["imx8mplus", { platform: arm("NPU") }],
  ["jacinto_tda4vm", { platform: arm("TDA4VM") }],
  ["sitara_am57x", { platform: arm("EVE, C66X DSP") }],
  ["deeplens", { platform: { Os: "LINUX", Arch: "X86_64", Accelerator: "INTEL_GRAPHICS" } }],
  ["ml_inf1", { platform: { Os: "LINUX", Arch: "X86_64", Accelerator: "AWS Inferentia" } }],
  ["ml_inf2", { platform: { Os: "LINUX", Arch: "X86_64", Accelerator: "AWS Inferentia" } }],
  ["ml_trn1", { platform: { Os: "LINUX", Arch: "X86_64", Accelerator: "AWS Trainium" } }],
  ["ml_eia2", { platform: { Os: "LINUX", Arch: "X86_64", Accelerator: "Amazon Elastic Inference" } }],
  ["rasp3b", { platform: { Os: "LINUX", Arch: "ARM_EABIHF" } }],
  ["rk3288", { platform: { Os: "LINUX", Arch: "ARM_EABIHF" } }],
  ["qcs603", { platform: { Os: "ANDROID", Arch: "ARM64" } }],
  ["qcs605", { platform: { Os: "ANDROID", Arch: "ARM64" } }],
  ["x86_win32", { platform: { Os: "WINDOWS", Arch: "X86" } }],
  ["x86_win64", { platform: { Os: "WINDOWS", Arch: "X86_64" } }],
]);
