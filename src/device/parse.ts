import type { Access, Cpu, DeviceFacts, FactKey, Gpu, Installed, Jetson, Library, Reading, Sighting } from "./facts.js";
import { parseFlatFacts } from "./parse-flat.js";
import {
  amount,
  anyObject,
  FactsFormatError,
  flag,
  listOf,
  objectOf,
  oneOf,
  orNull,
  ownMember,
  type Shape,
  text,
} from "./shape.js";
import { FACTS_SCHEMA } from "./summary.js";

/**
 * The facts that `packdrift facts --json` printed, rebuilt from its readings; from the plain values where there are none.
 * What is not stated becomes "unreadable", never a value. Throws FactsFormatError.
 */
export function parseFacts(json: unknown): DeviceFacts {
  const object = anyObject(json, "");
  const schema = ownMember(object, "schema");
  if (schema !== undefined && schema !== FACTS_SCHEMA)
    throw new FactsFormatError("schema", `"${FACTS_SCHEMA}"`, schema);
  const readings = ownMember(object, "readings");
  if (readings !== undefined) return parseReadings(anyObject(readings, "readings"));
  if (!["os", "arch", "gpus"].some((key) => ownMember(object, key) !== undefined)) {
    throw new FactsFormatError("readings", "there, or os, arch or gpus", undefined);
  }
  return parseFlatFacts(object);
}

/** What a fact becomes that a file does not state. */
const NOT_STATED: Reading<never> = { state: "unreadable", from: "fact file", why: "not stated" };

function parseReadings(readings: object): DeviceFacts {
  const parsed = Object.entries(FACTS).map(([key, shape]) => {
    const value = ownMember(readings, key);
    return [key, value === undefined ? NOT_STATED : (shape as Shape<unknown>)(value, `readings.${key}`)];
  });
  return Object.fromEntries(parsed) as unknown as DeviceFacts;
}

const sighting = objectOf<Sighting>({ from: text, value: text });

function reading<T>(value: Shape<T>): Shape<Reading<T>> {
  return (given, path) => {
    const object = anyObject(given, path);
    const state = oneOf("known", "absent", "unreadable")(ownMember(object, "state"), `${path}.state`);
    const from = text(ownMember(object, "from"), `${path}.from`);
    const listed = ownMember(object, "seen");
    const seen = listed === undefined ? {} : { seen: listOf(sighting)(listed, `${path}.seen`) };
    if (state === "absent") return { state, from, ...seen };
    if (state === "unreadable") return { state, from, why: text(ownMember(object, "why"), `${path}.why`), ...seen };
    const confidence = oneOf(
      "FIRM",
      "DISPUTED",
      "INFERRED",
      "DECLARED",
    )(ownMember(object, "confidence"), `${path}.confidence`);
    return { state, value: value(ownMember(object, "value"), `${path}.value`), from, confidence, ...seen };
  };
}

/** One GPU of the readings. */
const gpu = objectOf<Gpu>({
  integrated: flag,
  name: orNull(text),
  pciId: orNull(text),
  address: orNull(text),
  chip: orNull(text),
  computeCapability: orNull(text),
  boundTo: orNull(text),
  usable: flag,
});

const jetson = objectOf<Jetson>({
  model: orNull(text),
  family: orNull(text),
  product: orNull(text),
  soc: orNull(text),
  module: orNull(text),
  l4t: orNull(text),
  jetpack: orNull(text),
  jetpackCandidates: listOf(text),
});

const library = objectOf<Library>({
  version: text,
  installed: listOf(objectOf<Installed>({ version: text, from: text, loadable: orNull(flag) })),
});

const FACTS: { readonly [K in FactKey]: Shape<DeviceFacts[K]> } = {
  os: reading(text),
  arch: reading(oneOf("ARM64", "X86_64")),
  unameMachine: reading(text),
  kernelRelease: reading(text),
  userland: reading(objectOf<{ bits: 32 | 64; machine: string }>({ bits: oneOf(32, 64), machine: text })),
  distro: reading(objectOf<{ id: string; version: string | null }>({ id: text, version: orNull(text) })),
  glibc: reading(text),
  accelerator: reading(oneOf("NVIDIA")),
  gpus: reading(listOf(gpu)),
  jetson: reading(jetson),
  l4t: reading(text),
  jetpack: reading(text),
  driver: reading(text),
  cuda: reading(library),
  cudnn: reading(library),
  tensorrt: reading(library),
  container: reading(flag),
  cpu: reading(
    objectOf<Cpu>({ name: orNull(text), cores: orNull(amount), part: orNull(text), features: listOf(text) }),
  ),
  memory: reading(
    objectOf<{ totalBytes: number; availableBytes: number | null }>({
      totalBytes: amount,
      availableBytes: orNull(amount),
    }),
  ),
  disk: reading(objectOf<{ path: string; freeBytes: number }>({ path: text, freeBytes: amount })),
  access: reading(listOf(objectOf<Access>({ path: text, allowed: flag, why: orNull(text) }))),
};
