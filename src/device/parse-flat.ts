import { amount, flag, line, listOf, objectOf, oneOf, orNull, ownMember, type Shape } from "../base/shape.js";
import type { Cpu, DeviceFacts, Gpu, Jetson, Library, Reading } from "./facts.js";
import { featuresOf } from "./tables/cpu-targets.js";
import { GPU_MEMBERS, JETSON_MEMBERS } from "./values.js";

const FROM = "fact file";
const NOT_STATED: Reading<never> = { state: "unreadable", from: FROM, why: "not stated" };

/**
 * Facts from plain values alone, as a person may write them. Null is "not stated", since it can mean "not there" or
 * "not known". A fact is absent only if the stated values exclude it: a list of GPUs without any means no accelerator,
 * one without an integrated GPU means no Jetson.
 */
export function parseFlatFacts(object: object): DeviceFacts {
  const read = <T>(key: string, shape: Shape<T>): T | null => orNull(shape)(ownMember(object, key), key);
  const library = (key: string): Reading<Library> => {
    const version = read(key, line);
    return stated(version === null ? null : { version, installed: [] });
  };
  const accelerator = read("accelerator", oneOf("NVIDIA"));
  const listed = read("gpus", listOf(flatGpu));
  const gpus = listed?.map((gpu): Gpu => ({ ...gpu, usable: accelerator !== null && gpu.boundTo === null })) ?? null;
  const jetson = read("jetson", flatJetson);
  const candidates = read("jetpackCandidates", listOf(line)) ?? [];
  const noJetson: Reading<never> =
    jetson === null && gpus?.every(({ integrated }) => !integrated) ? { state: "absent", from: FROM } : NOT_STATED;
  return {
    os: stated(read("os", line)),
    arch: stated(read("arch", oneOf("ARM64", "X86_64"))),
    unameMachine: stated(read("unameMachine", line)),
    kernelRelease: stated(read("kernelRelease", line)),
    userland: NOT_STATED,
    distro: stated(
      read("distro", objectOf<{ id: string; version: string | null }>({ id: line, version: orNull(line) })),
    ),
    glibc: NOT_STATED,
    accelerator: accelerator === null && gpus !== null ? { state: "absent", from: FROM } : stated(accelerator),
    gpus: stated(gpus),
    jetson: stated(jetson === null ? null : { ...jetson, jetpackCandidates: candidates }, noJetson),
    l4t: stated(jetson?.l4t ?? null, noJetson),
    jetpack: stated(jetson?.jetpack ?? null, noJetson),
    driver: stated(read("driver", line)),
    libcuda: NOT_STATED,
    cuda: library("cuda"),
    cudnn: library("cudnn"),
    tensorrt: library("tensorrt"),
    container: stated(read("container", flag)),
    cpu: stated(read("cpu", flatCpu)),
    memory: NOT_STATED,
    disk: NOT_STATED,
    access: NOT_STATED,
  };
}

function stated<T>(value: T | null, otherwise: Reading<never> = NOT_STATED): Reading<T> {
  return value === null ? otherwise : { state: "known", value, from: FROM, confidence: "FIRM" };
}

const flatGpu = objectOf<Omit<Gpu, "usable">>(GPU_MEMBERS);

const flatJetson = objectOf<Omit<Jetson, "jetpackCandidates">>(JETSON_MEMBERS);

const flatCpuMembers = objectOf({
  name: orNull(line),
  cores: orNull(amount),
  part: orNull(line),
  avx2: orNull(flag),
  avx512f: orNull(flag),
  "core-avx2": orNull(flag),
  "skylake-avx512": orNull(flag),
});

const flatCpu: Shape<Cpu> = (value, path) => {
  const cpu = flatCpuMembers(value, path);
  return { name: cpu.name, cores: cpu.cores, part: cpu.part, features: flatFeatures(cpu) };
};

/**
 * The features that the four flags imply. A list that lacks a feature says that the processor lacks it, so there is a
 * list only if the flags also say what it does not have; otherwise it stays empty: not known.
 */
function flatFeatures(cpu: ReturnType<typeof flatCpuMembers>): readonly string[] {
  const newest = cpu["skylake-avx512"];
  const older = cpu["core-avx2"];
  const isBounded =
    newest === true || newest === false || cpu.avx512f === false || older === false || cpu.avx2 === false;
  if (!isBounded) return [];
  const features = new Set(["fpu"]);
  if (newest) for (const feature of featuresOf("skylake-avx512") ?? []) features.add(feature);
  if (older) for (const feature of featuresOf("core-avx2") ?? []) features.add(feature);
  if (cpu.avx2) features.add("avx2");
  if (cpu.avx512f) features.add("avx512f");
  return [...features].sort();
}
