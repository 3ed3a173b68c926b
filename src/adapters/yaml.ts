import { parse, parseAllDocuments } from "yaml";

/** Every document of a YAML text as plain values; throws an Error that names the line of what is wrong. */
export function parseYaml(text: string): readonly unknown[] {
  // The core schema knows no dates: times stay the text that they are. Aliases are bounded against expanding for ever.
  const documents = parseAllDocuments(text, { schema: "core", merge: false });
  if (!Array.isArray(documents)) return [];
  return documents.map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw new Error(error.message);
    return document.toJS({ maxAliasCount: 100 }) as unknown;
  });
}

/** The one document of a YAML text; `failsafe` leaves every scalar text. Throws an Error that names the line of what is wrong. */
export function parseYamlDocument(text: string, schema: "core" | "failsafe"): unknown {
  return parse(text, { schema, logLevel: "error" }) as unknown;
}
