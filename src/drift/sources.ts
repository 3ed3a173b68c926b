/** The documents that the rules follow, as findings cite them. */
export const SOURCES = {
  api: "Lookout for Vision API reference, GreengrassConfiguration",
  status: "Lookout for Vision API reference, ModelPackagingDescription",
  platform: "Lookout for Vision API reference, TargetPlatform",
  requirements: "Lookout for Vision developer guide, device requirements",
  settings: "Lookout for Vision developer guide, package settings",
  setup: "Lookout for Vision developer guide, setting up the core device",
  tested: "Lookout for Vision developer guide, tested devices",
  jetpack: "Lookout for Vision developer guide, device requirements: JetPack 4.4 to 4.6.1",
  jetpackOlder:
    "Greengrass developer guide, Lookout for Vision Edge Agent (2023-04): JetPack 4.4, 4.5 and 4.5.1 only, not 4.6.1",
  cubin: "CUDA C++ programming guide, binary compatibility",
  soname: "CUDA runtime library names (libcudart.so.10.2) and CUDA minor version compatibility",
  tensorrt: "neo-ai-dlr issues 450 and 232: the model is linked to libnvinfer.so.<major>",
  tensorrtRange:
    "Lookout for Vision developer guide, device requirements: 7.1.3 <= TensorRT < 8.0.0 below compute capability 8.0",
  libcuda:
    "CUDA driver API, error codes 803 (libcuda and kernel module differ) and 804 (forward compatibility not allowed); CUDA compatibility guide",
  glibc:
    "ld.so: versions that a library needs (.gnu.version_r); Lookout for Vision developer guide: Ubuntu 18.04 (glibc 2.27)",
  driver: "CUDA release notes and CUDA compatibility guide, minimum driver versions",
  l4tDriver:
    "CUDA for Tegra application note: each L4T's driver supports one CUDA release, newer ones with cuda-compat from JetPack 5 on; pytorch issue #139210",
  ptx: "PTX ISA, release history: which CUDA release knows which version; a driver refuses newer PTX (CUDA error 222)",
  mcpu: "LLVM processor names and archspec",
  mattr: "LLVM feature names",
  component: "Lookout for Vision developer guide, deploying a model; Greengrass API, component lifecycle states",
  edgeAgent: "Lookout for Vision Edge Agent, gRPC service AWS.LookoutVision.EdgeAgent, ModelDescription",
  age: "packdrift: a job's description does not change after it succeeded, so a copy stays true",
  waiver: "packdrift: an expired waiver no longer covers anything",
  ldd: "ld.so: DT_NEEDED, run paths, and the versions that files need (.gnu.version_r); neo-ai-dlr issues 232 and 450",
  model: "Neo's compiled artifacts: ELF header, TVM's __tvm_dev_mblob, PTX; neo-ai/tvm codegen and neo-ai-dlr",
  conflict: "packdrift: one machine is in one state at a time",
} as const;
