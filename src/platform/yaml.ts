import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  parseAllDocuments,
  parseDocument,
  visit,
} from "yaml";
import { InvalidInputError } from "../base/errors.js";
import { checkShape } from "../base/json.js";

/** Every document of a YAML text as plain values; throws an Error that names the faulty line. */
export function parseYaml(text: string): readonly unknown[] {
  checkTokens(text);
  const lineCounter = new LineCounter();
  // The core schema has no dates: times stay text.
  const options = { ...OPTIONS, schema: "core", merge: false, lineCounter } as const;
  const documents = withoutStacks(() => parseAllDocuments(text, options));
  return Array.isArray(documents) ? documents.map((document) => plainValue(document, lineCounter)) : [];
}

/**
 * The value of one YAML or JSON text; with the schema `failsafe` every scalar is a text. Throws InvalidInputError on anything
 * else, and on more than 1 MB.
 */
export function parseYamlDocument(text: string, schema: "core" | "failsafe" = "core"): unknown {
  return locatedYaml(text, schema).value;
}

/** A place in a text; both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** The value of a text, and where its members are. */
export interface LocatedYaml {
  readonly value: unknown;
  /** The position of a member, or of the nearest one around it: `jobs[0].project` below the keys in `under`. */
  positionOf(path: string, under?: readonly string[]): Position | null;
}

/** The same as `parseYamlDocument`, with the positions of all members. */
export function locatedYaml(text: string, schema: "core" | "failsafe" = "core"): LocatedYaml {
  if (text.length > MOST_CHARACTERS) throw new InvalidInputError("Cannot read YAML: longer than 1 MB");
  try {
    checkTokens(text);
    const lineCounter = new LineCounter();
    const document = withoutStacks(() => parseDocument(text, { ...OPTIONS, schema, lineCounter }));
    return {
      value: plainValue(document, lineCounter),
      positionOf: (path, under = []) => positionIn(document.contents, under, path, lineCounter),
    };
  } catch (error) {
    const message = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    throw new InvalidInputError(`Cannot read YAML: ${message}`, { cause: error });
  }
}

/** Walks down the path as far as it exists, and returns the last key or item. */
function positionIn(
  contents: Node | null,
  under: readonly string[],
  path: string,
  lines: LineCounter,
): Position | null {
  let node: unknown = contents;
  let at = contents?.range?.[0] ?? 0;
  const keys = [...under];
  let rest = path;
  while (keys.length > 0 || rest !== "") {
    const key = keys.shift();
    const step = key === undefined ? nextStep(node, rest) : memberOf(node, key);
    if (step === null) break;
    ({ node, at } = step);
    if (key === undefined) rest = rest.slice(step.length).replace(/^\./, "");
  }
  const { line, col } = lines.linePos(at);
  return contents === null ? null : { line, column: col };
}

interface Step {
  readonly node: unknown;
  /** The offset of the key or item in the text. */
  readonly at: number;
  /** How much of the path it took. */
  readonly length: number;
}

/** The first step of a path: an index, or the longest key that it begins with, since keys may have dots. */
function nextStep(node: unknown, path: string): Step | null {
  const index = /^\[(\d+)\]/.exec(path);
  if (index !== null) {
    // A single item is read as a list of one.
    if (!isSeq(node)) return { node, at: startOf(node), length: index[0].length };
    const item = node.items[Number(index[1])];
    return item === undefined ? null : { node: item, at: startOf(item), length: index[0].length };
  }
  const keys = isMap(node) ? node.items.map(({ key }) => (isScalar(key) ? String(key.value) : "")) : [];
  const fitting = keys.filter((key) => path === key || path.startsWith(`${key}.`) || path.startsWith(`${key}[`));
  const [longest] = fitting.sort((one, other) => other.length - one.length);
  return longest === undefined ? null : memberOf(node, longest);
}

function memberOf(node: unknown, name: string): Step | null {
  if (!isMap(node)) return null;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === name);
  return pair === undefined ? null : { node: pair.value, at: startOf(pair.key), length: name.length };
}

function startOf(node: unknown): number {
  const range = typeof node === "object" && node !== null && "range" in node ? node.range : null;
  return Array.isArray(range) ? Number(range[0]) : 0;
}

const MOST_CHARACTERS = 2 ** 20;
const MOST_ALIASES = 20;
/** Twice what 1 MB of described jobs, one below the other, comes to. */
const MOST_TOKENS = 600_000;
/** The lexer's mark before the text of a scalar. */
const SCALAR = "\u001f";

/** A text may have as many errors as characters, and to prettify one reads its line: only the first is ever shown. */
const OPTIONS = { uniqueKeys: false, prettyErrors: false, logLevel: "error" } as const;

/** Each token costs microseconds and hundreds of bytes, each alias a walk through the document, which it can expand to gigabytes. */
function checkTokens(text: string): void {
  let tokens = 0;
  let aliases = 0;
  let previous = "";
  for (const token of new Lexer().lex(text)) {
    tokens += 1;
    if (tokens > MOST_TOKENS) throw new Error(`more than ${MOST_TOKENS} tokens`);
    if (token.startsWith("*") && previous !== SCALAR) aliases += 1;
    if (aliases > MOST_ALIASES) throw new Error(`more than ${MOST_ALIASES} aliases`);
    previous = token;
  }
}

/** Errors that the parser collects cost ten times as much with stacks, and nobody reads those. */
function withoutStacks<T>(parse: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return parse();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function plainValue(document: Document, lines: LineCounter): unknown {
  const [error] = document.errors;
  if (error !== undefined) throw errorAt(error.message, error.pos[0], lines);
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
        if (seen.has(key.value)) throw errorAt("Map keys must be unique", key.range?.[0] ?? 0, lines);
        seen.add(key.value);
      }
    },
  });
}

function errorAt(message: string, offset: number, lines: LineCounter): Error {
  const { line, col } = lines.linePos(offset);
  return new Error(`${message} at line ${line}, column ${col}`);
}
