import { anyObject, line, listOf, objectOf, oneOf, ownMember, type Shape, ShapeError } from "../base/shape.js";
import type { DeviceFacts, Reading, Sighting } from "./facts.js";
import { parseFlatFacts } from "./parse-flat.js";
import { FACTS_SCHEMA } from "./summary.js";
import { FACT_KEYS, FACT_VALUES } from "./values.js";

/**
 * Rebuilds the facts that `packdrift facts --json` printed from their readings or, without these, from the plain
 * values. What is not stated becomes "unreadable", never a value. Throws ShapeError.
 */
export function parseFacts(json: unknown): DeviceFacts {
  const object = anyObject(json, "");
  const schema = ownMember(object, "schema");
  if (schema !== undefined && schema !== FACTS_SCHEMA) throw new ShapeError("schema", `"${FACTS_SCHEMA}"`, schema);
  const readings = ownMember(object, "readings");
  // Null if a message had no room for them.
  if (readings !== undefined && readings !== null) return parseReadings(anyObject(readings, "readings"));
  if (!["os", "arch", "gpus"].some((key) => ownMember(object, key) !== undefined)) {
    throw new ShapeError("readings", "there, or os, arch or gpus", undefined);
  }
  return parseFlatFacts(object);
}

/** The reading of a fact that a file does not state. */
const NOT_STATED: Reading<never> = { state: "unreadable", from: "fact file", why: "not stated" };

function parseReadings(readings: object): DeviceFacts {
  const parsed = FACT_KEYS.map((key) => {
    const value = ownMember(readings, key);
    return [key, value === undefined ? NOT_STATED : reading<unknown>(FACT_VALUES[key])(value, `readings.${key}`)];
  });
  return Object.fromEntries(parsed) as unknown as DeviceFacts;
}

const sighting = objectOf<Sighting>({ from: line, value: line });

function reading<T>(value: Shape<T>): Shape<Reading<T>> {
  return (given, path) => {
    const object = anyObject(given, path);
    const state = oneOf("known", "absent", "unreadable")(ownMember(object, "state"), `${path}.state`);
    const from = line(ownMember(object, "from"), `${path}.from`);
    const listed = ownMember(object, "seen");
    const seen = listed === undefined ? {} : { seen: listOf(sighting)(listed, `${path}.seen`) };
    if (state === "absent") return { state, from, ...seen };
    if (state === "unreadable") return { state, from, why: line(ownMember(object, "why"), `${path}.why`), ...seen };
    const confidence = oneOf(
      "FIRM",
      "DISPUTED",
      "INFERRED",
      "DECLARED",
    )(ownMember(object, "confidence"), `${path}.confidence`);
    return { state, value: value(ownMember(object, "value"), `${path}.value`), from, confidence, ...seen };
  };
}
