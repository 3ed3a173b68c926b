import { parse } from "yaml";
import { InvalidInputError } from "../errors.js";

const MOST_CHARACTERS = 2 ** 20;

/** The value of a YAML or JSON text; with the schema `failsafe` every scalar is a text. Throws InvalidInputError on anything else, and on more than 1 MB. */
export function parseYaml(text: string, schema: "core" | "failsafe" = "core"): unknown {
  if (text.length > MOST_CHARACTERS) throw new InvalidInputError("Cannot read YAML: it is longer than 1 MB");
  try {
    // Few aliases: a handful of lines can otherwise stand for gigabytes.
    return parse(text, { schema, logLevel: "error", maxAliasCount: 20 });
  } catch (error) {
    const message = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    throw new InvalidInputError(`Cannot read YAML: ${message}`, { cause: error });
  }
}
