import { parse, parseAllDocuments } from "yaml";
import { InvalidInputError } from "../base/errors.js";
import { checkShape } from "../base/json.js";

/** Every document of a YAML text as plain values; throws an Error that names the line of what is wrong. */
export function parseYaml(text: string): readonly unknown[] {
  // The core schema knows no dates: times stay the text that they are. Aliases are bounded against expanding for ever.
  const documents = parseAllDocuments(text, { schema: "core", merge: false });
  if (!Array.isArray(documents)) return [];
  return documents.map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw new Error(error.message);
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    checkShape(value);
    return value;
  });
}

/**
 * The value of one YAML or JSON text; with the schema `failsafe` every scalar is a text. Throws InvalidInputError on
 * anything else, and on more than 1 MB.
 */
export function parseYamlDocument(text: string, schema: "core" | "failsafe" = "core"): unknown {
  if (text.length > MOST_CHARACTERS) throw new InvalidInputError("Cannot read YAML: it is longer than 1 MB");
  try {
    // Few aliases: a handful of lines can otherwise stand for gigabytes.
    const value: unknown = parse(text, { schema, logLevel: "error", maxAliasCount: 20 });
    checkShape(value);
    return value;
  } catch (error) {
    const message = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    throw new InvalidInputError(`Cannot read YAML: ${message}`, { cause: error });
  }
}

const MOST_CHARACTERS = 2 ** 20;
