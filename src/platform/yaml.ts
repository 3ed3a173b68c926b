import { type Document, isScalar, Lexer, LineCounter, parseAllDocuments, parseDocument, visit } from "yaml";
import { InvalidInputError } from "../base/errors.js";
import { checkShape } from "../base/json.js";

/** Every document of a YAML text as plain values; throws an Error that names the faulty line. */
export function parseYaml(text: string): readonly unknown[] {
  checkAliases(text);
  const lineCounter = new LineCounter();
  // The core schema has no dates: times stay text.
  const documents = parseAllDocuments(text, { schema: "core", merge: false, uniqueKeys: false, lineCounter });
  return Array.isArray(documents) ? documents.map((document) => plainValue(document, lineCounter)) : [];
}

/**
 * The value of one YAML or JSON text; with the schema `failsafe` every scalar is a text. Throws InvalidInputError on anything
 * else, and on more than 1 MB.
 */
export function parseYamlDocument(text: string, schema: "core" | "failsafe" = "core"): unknown {
  if (text.length > MOST_CHARACTERS) throw new InvalidInputError("Cannot read YAML: longer than 1 MB");
  try {
    checkAliases(text);
    const lineCounter = new LineCounter();
    return plainValue(parseDocument(text, { schema, uniqueKeys: false, lineCounter, logLevel: "error" }), lineCounter);
  } catch (error) {
    const message = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    throw new InvalidInputError(`Cannot read YAML: ${message}`, { cause: error });
  }
}

const MOST_CHARACTERS = 2 ** 20;
const MOST_ALIASES = 20;
/** The lexer's mark before the text of a scalar. */
const SCALAR = "\u001f";

/** Each alias costs a walk through the whole document, and a handful of lines can expand to gigabytes. */
function checkAliases(text: string): void {
  let aliases = 0;
  let previous = "";
  for (const token of new Lexer().lex(text)) {
    if (token.startsWith("*") && previous !== SCALAR) aliases += 1;
    if (aliases > MOST_ALIASES) throw new Error(`more than ${MOST_ALIASES} aliases`);
    previous = token;
  }
}

function plainValue(document: Document, lines: LineCounter): unknown {
  const [error] = document.errors;
  if (error !== undefined) throw new Error(error.message);
  checkKeys(document, lines);
  const value: unknown = document.toJS({ maxAliasCount: MOST_ALIASES });
  checkShape(value);
  return value;
}

/** Checks that keys are unique. The parser's own check (`uniqueKeys`) compares every key with every other. */
function checkKeys(document: Document, lines: LineCounter): void {
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (seen.has(key.value)) {
          const { line, col } = lines.linePos(key.range?.[0] ?? 0);
          throw new Error(`Map keys must be unique at line ${line}, column ${col}`);
        }
        seen.add(key.value);
      }
    },
  });
}
