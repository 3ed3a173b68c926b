import { type Cpu, type DeviceFacts, type Gpu, type Jetson, known } from "./facts.js";
import { featuresOf } from "./tables/cpu-targets.js";

/** The form of `packdrift facts --json`. */
export const FACTS_SCHEMA = "packdrift.facts/1";

/** One GPU in short: what identifies it, and which other driver holds it. */
type GpuSummary = { readonly integrated: boolean; readonly computeCapability: string | null } & Partial<
  Readonly<Pick<Gpu, "name" | "pciId" | "address" | "chip">> & { readonly boundTo: string }
>;

/** The processor in short; the four flags are null if it is not an x86 processor or lists no features. */
interface CpuSummary {
  readonly name: string | null;
  readonly cores: number | null;
  readonly part: string | null;
  readonly avx2: boolean | null;
  readonly avx512f: boolean | null;
  /** Whether the processor has all features that code compiled for this CPU name needs. */
  readonly "core-avx2": boolean | null;
  readonly "skylake-avx512": boolean | null;
}

/** What `packdrift facts --json` prints: values, null if not known, and every reading, to rebuild the facts from. */
export interface FactsSummary {
  readonly schema: typeof FACTS_SCHEMA;
  readonly os: string | null;
  readonly arch: string | null;
  readonly unameMachine: string | null;
  readonly kernelRelease: string | null;
  readonly distro: { readonly id: string; readonly version: string | null } | null;
  readonly accelerator: string | null;
  readonly gpus: readonly GpuSummary[] | null;
  /** `sm_72`, of the usable GPU; null if several differ. */
  readonly sm: string | null;
  readonly computeCapability: string | null;
  readonly jetson: Omit<Jetson, "jetpackCandidates"> | null;
  readonly driver: string | null;
  /** The release of the libcuda that the loader finds; null also if its name has none. */
  readonly libcuda: string | null;
  readonly cuda: string | null;
  readonly cudnn: string | null;
  readonly tensorrt: string | null;
  readonly container: boolean | null;
  readonly cpu: CpuSummary | null;
  readonly readings: DeviceFacts;
}

/** The facts in short, with the readings behind them. */
export function summarize(facts: DeviceFacts): FactsSummary {
  const gpus = known(facts.gpus);
  const computeCapability = commonCapability(gpus ?? []);
  return {
    schema: FACTS_SCHEMA,
    os: known(facts.os),
    arch: known(facts.arch),
    unameMachine: known(facts.unameMachine),
    kernelRelease: known(facts.kernelRelease),
    distro: known(facts.distro),
    accelerator: known(facts.accelerator),
    gpus: gpus?.map(summarizeGpu) ?? null,
    sm: computeCapability === null ? null : `sm_${computeCapability.replace(".", "")}`,
    computeCapability,
    jetson: summarizeJetson(known(facts.jetson)),
    driver: known(facts.driver),
    libcuda: libcudaGiven(facts),
    cuda: known(facts.cuda)?.version ?? null,
    cudnn: known(facts.cudnn)?.version ?? null,
    tensorrt: known(facts.tensorrt)?.version ?? null,
    container: known(facts.container),
    cpu: summarizeCpu(known(facts.cpu)),
    readings: facts,
  };
}

function libcudaGiven({ libcuda }: DeviceFacts): string | null {
  const value = known(libcuda);
  return value === null || value.loadable === false ? null : value.version;
}

/**
 * The compute capability that all usable GPUs share; null if they differ or one is unknown. Without a usable GPU it is
 * that of the machine's SoC, which no driver changes.
 */
export function commonCapability(gpus: readonly Gpu[]): string | null {
  const usable = gpus.filter((gpu) => gpu.usable);
  const judged = usable.length > 0 ? usable : gpus.filter(({ integrated }) => integrated);
  const capabilities = new Set(judged.map((gpu) => gpu.computeCapability));
  const [only = null] = capabilities;
  return capabilities.size === 1 ? only : null;
}

function summarizeGpu(gpu: Gpu): GpuSummary {
  const { integrated, name, pciId, address, chip, computeCapability, boundTo } = gpu;
  const identity = integrated ? (pciId === null ? {} : { pciId }) : { name, pciId, address, chip };
  return { integrated, ...identity, computeCapability, ...(boundTo === null ? {} : { boundTo }) };
}

function summarizeJetson(jetson: Jetson | null): FactsSummary["jetson"] {
  if (jetson === null) return null;
  const { jetpackCandidates: _, ...summary } = jetson;
  return summary;
}

function summarizeCpu(cpu: Cpu | null): CpuSummary | null {
  if (cpu === null) return null;
  const { name, cores, part, features } = cpu;
  // Every x86 kernel lists "fpu", no ARM kernel does.
  const isX86 = features.includes("fpu");
  const has = (wanted: readonly string[]) => (isX86 ? wanted.every((feature) => features.includes(feature)) : null);
  return {
    name,
    cores,
    part,
    avx2: has(["avx2"]),
    avx512f: has(["avx512f"]),
    "core-avx2": has(featuresOf("core-avx2") ?? []),
    "skylake-avx512": has(featuresOf("skylake-avx512") ?? []),
  };
}
