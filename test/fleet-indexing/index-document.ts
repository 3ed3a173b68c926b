import { isObject, type JsonObject } from "../../src/base/json.js";

/** A thing as the service's index knows it. */
interface IndexedThing {
  readonly thingName: string;
  readonly thingTypeName?: string;
  readonly connected?: boolean;
  /** What the shadow service returns for the shadow `packdrift`; null where there is none. */
  readonly shadow: JsonObject | null;
}

/**
 * The values of one field. Numbers are those that are valid JSON numbers, texts among them; a list is of numbers only where all
 * its values are.
 */
export type FieldValues =
  | { readonly kind: "numbers"; readonly values: readonly number[] }
  /** In lower case. */
  | { readonly kind: "texts"; readonly values: readonly string[] };

export type IndexDocument = ReadonlyMap<string, FieldValues>;

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

export function isNumeric(text: string): boolean {
  return JSON_NUMBER.test(text) && Number.isFinite(Number(text));
}

/** What AWS_Things has of a thing: the registry, the connectivity, and all sections of the named shadow. */
export function indexDocument({ thingName, thingTypeName, connected, shadow }: IndexedThing): IndexDocument {
  const state = isObject(shadow?.state) ? shadow.state : null;
  const fields = new Map<string, FieldValues>();
  addFields(fields, "", {
    thingName,
    thingTypeName: thingTypeName ?? null,
    connectivity: connected === undefined ? null : { connected },
    ...(state === null
      ? {}
      : {
          shadow: {
            name: {
              packdrift: { ...state, metadata: shadow?.metadata ?? null, hasDelta: state.delta !== undefined },
            },
          },
        }),
  });
  return fields;
}

/** Null is not indexed, nor is a list that has anything but simple values. */
function addFields(fields: Map<string, FieldValues>, prefix: string, value: unknown): void {
  if (isObject(value)) {
    for (const [key, child] of Object.entries(value))
      addFields(fields, prefix === "" ? key : `${prefix}.${key}`, child);
    return;
  }
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  const simple = all.filter((each) => ["string", "number", "boolean"].includes(typeof each));
  if (simple.length === 0 || simple.length < all.length) return;
  const texts = simple.map(String);
  fields.set(
    prefix,
    texts.every(isNumeric)
      ? { kind: "numbers", values: texts.map(Number) }
      : { kind: "texts", values: texts.map((text) => text.toLowerCase()) },
  );
}
