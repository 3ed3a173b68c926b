import { amount, flag, line, listOf, objectOf, oneOf, optional, orNull, type Shape } from "../base/shape.js";
import type { Access, Cpu, DeviceFacts, FactKey, Gpu, Installed, Jetson, Libcuda, Library, Reading } from "./facts.js";

/** The value behind a fact's reading. */
type FactValue<K extends FactKey> = DeviceFacts[K] extends Reading<infer T> ? T : never;

/** What a fact states about a GPU; if the readings do not say whether it is usable, that follows from other facts. */
export const GPU_MEMBERS = {
  integrated: flag,
  name: orNull(line),
  pciId: orNull(line),
  address: orNull(line),
  chip: orNull(line),
  computeCapability: orNull(line),
  boundTo: orNull(line),
};
const gpu = objectOf<Gpu>({ ...GPU_MEMBERS, usable: flag });

export const JETSON_MEMBERS = {
  model: orNull(line),
  family: orNull(line),
  product: orNull(line),
  soc: orNull(line),
  module: orNull(line),
  l4t: orNull(line),
  jetpack: orNull(line),
};
const jetson = objectOf<Jetson>({ ...JETSON_MEMBERS, jetpackCandidates: listOf(line) });

const library = objectOf<Library>({
  version: line,
  installed: listOf(
    objectOf<Installed>({
      version: line,
      from: line,
      loadable: orNull(flag),
      why: optional(line),
      glibc: optional(line),
    }),
  ),
});

const libcuda = objectOf<Libcuda>({
  version: orNull(line),
  path: line,
  loadable: orNull(flag),
  compat: flag,
  glibc: optional(line),
});

/** The shape of each fact's value when it comes from outside. */
export const FACT_VALUES: { readonly [K in FactKey]: Shape<FactValue<K>> } = {
  os: line,
  arch: oneOf("ARM64", "X86_64"),
  unameMachine: line,
  kernelRelease: line,
  userland: objectOf<{ bits: 32 | 64; machine: string }>({ bits: oneOf(32, 64), machine: line }),
  distro: objectOf<{ id: string; version: string | null }>({ id: line, version: orNull(line) }),
  glibc: line,
  accelerator: oneOf("NVIDIA"),
  gpus: listOf(gpu),
  jetson: jetson,
  l4t: line,
  jetpack: line,
  driver: line,
  libcuda,
  cuda: library,
  cudnn: library,
  tensorrt: library,
  container: flag,
  cpu: objectOf<Cpu>({ name: orNull(line), cores: orNull(amount), part: orNull(line), features: listOf(line) }),
  memory: objectOf<{ totalBytes: number; availableBytes: number | null }>({
    totalBytes: amount,
    availableBytes: orNull(amount),
  }),
  disk: objectOf<{ path: string; freeBytes: number }>({ path: line, freeBytes: amount }),
  access: listOf(objectOf<Access>({ path: line, allowed: flag, why: orNull(line) })),
};

/** The facts' names, in the order in which they are printed. */
export const FACT_KEYS = Object.keys(FACT_VALUES) as readonly FactKey[];
