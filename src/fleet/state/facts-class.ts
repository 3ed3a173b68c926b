import { InvalidInputError } from "../../base/errors.js";
import { isObject, parseJson } from "../../base/json.js";
import type { DeviceFacts, Reading } from "../../device/facts.js";
import { parseFacts } from "../../device/parse-facts.js";
import { FACTS_SCHEMA } from "../../device/summary.js";
import { sha256Hex } from "../../platform/digest.js";

/** Facts as they are stored: one row for all machines that no rule distinguishes. */
export interface FactsClass {
  readonly digest: string;
  /** JSON that `parseFacts` reads. */
  readonly text: string;
}

/**
 * The class of a facts message, `{thing, facts}` as devices publish it, or of the facts alone. Throws InvalidInputError
 * if it does not have the facts of a machine.
 */
export function factsClass(message: string): FactsClass {
  const value = parsed(message);
  const facts = isObject(value) && isObject(value.facts) ? value.facts : value;
  const text = JSON.stringify({ schema: FACTS_SCHEMA, readings: withoutNoise(parseFacts(facts)) });
  return { digest: sha256Hex(text).slice(0, 32), text };
}

function parsed(message: string): unknown {
  try {
    return parseJson(message);
  } catch (error) {
    throw new InvalidInputError("Cannot read facts: the message is not valid JSON", { cause: error });
  }
}

/**
 * Rounds memory and disk down as far as the rules allow, since they differ between machines and from hour to hour: so a
 * what-if judges a class of machines once.
 */
function withoutNoise(facts: DeviceFacts): DeviceFacts {
  return {
    ...facts,
    memory: rounded(facts.memory, ({ totalBytes }) => ({ totalBytes: floorTo(totalBytes, 1e8), availableBytes: null })),
    disk: rounded(facts.disk, ({ path, freeBytes }) => ({ path, freeBytes: coarse(freeBytes) })),
  };
}

function rounded<T>({ seen: _, ...reading }: Reading<T>, round: (value: T) => T): Reading<T> {
  return reading.state === "known" ? { ...reading, value: round(reading.value) } : reading;
}

/** In steps of 0.1 GB up to 4 GB, then to a power of two. */
function coarse(bytes: number): number {
  return bytes < 4e9 ? floorTo(bytes, 1e8) : 1e9 * 2 ** Math.floor(Math.log2(bytes / 1e9));
}

function floorTo(value: number, step: number): number {
  return Math.floor(value / step) * step;
}
