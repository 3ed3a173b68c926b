import { quoted } from "./job-names.js";

/** A value as written; numbers keep their text, because 10.0 and 10 are different versions. */
export type Loose =
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "number"; readonly value: string }
  | { readonly kind: "word"; readonly value: boolean | null }
  | { readonly kind: "array"; readonly items: readonly Loose[] }
  | { readonly kind: "object"; readonly entries: readonly (readonly [string, Loose])[] };

/** Why a text could not be read, and at which character (from 1). */
export class LooseSyntaxError extends SyntaxError {}

/**
 * Reads JSON and what people write instead of it: single or typographic quotes, Python's True, False, None and u'…', unquoted
 * keys and values, trailing commas. One pass, linear in the length of the text. Throws LooseSyntaxError.
 */
export function parseLoose(text: string): Loose {
  const cursor: Cursor = { text, at: 0 };
  const value = readValue(cursor, 0);
  skipSpace(cursor);
  if (cursor.at < text.length) fail(cursor, "the end");
  return value;
}

/** The text and how far it has been read. Every `read…` below moves past what it returns. */
interface Cursor {
  readonly text: string;
  at: number;
}

const DEEPEST = 32;

function readValue(cursor: Cursor, depth: number): Loose {
  skipSpace(cursor);
  if (depth > DEEPEST) {
    throw new LooseSyntaxError(`nested deeper than ${DEEPEST} levels at character ${cursor.at + 1}`);
  }
  const next = cursor.text[cursor.at];
  if (next === "{") return { kind: "object", entries: readList(cursor, "}", () => readEntry(cursor, depth)) };
  if (next === "[") return { kind: "array", items: readList(cursor, "]", () => readValue(cursor, depth + 1)) };
  return closingQuote(cursor) === undefined ? readWord(cursor) : { kind: "text", value: readString(cursor) };
}

/** Everything between two brackets: items with commas between them, and perhaps one comma after the last. */
function readList<T>(cursor: Cursor, end: string, readItem: () => T): readonly T[] {
  const items: T[] = [];
  cursor.at += 1;
  for (;;) {
    skipSpace(cursor);
    if (cursor.text[cursor.at] === end) break;
    items.push(readItem());
    skipSpace(cursor);
    if (cursor.text[cursor.at] === end) break;
    skip(cursor, ",", `"," or "${end}"`);
  }
  cursor.at += 1;
  return items;
}

function readEntry(cursor: Cursor, depth: number): readonly [string, Loose] {
  const key = closingQuote(cursor) === undefined ? readBare(cursor) : readString(cursor);
  skipSpace(cursor);
  skip(cursor, ":", '":"');
  return [key, readValue(cursor, depth + 1)];
}

const QUOTES: Readonly<Record<string, string>> = { '"': '"', "'": "'", "“": "”", "‘": "’", "”": "”", "’": "’" };

/** The quote that ends the string that begins here; undefined when no string begins here. */
function closingQuote({ text, at }: Cursor): string | undefined {
  const first = text[at] === "u" ? text[at + 1] : text[at];
  return first === undefined ? undefined : QUOTES[first];
}

function readString(cursor: Cursor): string {
  const { text } = cursor;
  const end = closingQuote(cursor);
  const opened = cursor.at;
  cursor.at += text[opened] === "u" ? 2 : 1;
  let out = "";
  for (let from = cursor.at; ; ) {
    const next = text[cursor.at];
    if (next === undefined) {
      throw new LooseSyntaxError(`the text that begins at character ${opened + 1} has no end`);
    }
    if (next === end) {
      out += text.slice(from, cursor.at);
      cursor.at += 1;
      return out;
    }
    if (next === "\\") {
      out += text.slice(from, cursor.at) + readEscape(cursor);
      from = cursor.at;
    } else cursor.at += 1;
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f" };

function readEscape(cursor: Cursor): string {
  const { text, at } = cursor;
  const letter = text[at + 1] ?? "";
  const digits = letter === "u" ? 4 : letter === "x" ? 2 : 0;
  const code = text.slice(at + 2, at + 2 + digits);
  if (/^[0-9a-fA-F]+$/.test(code)) {
    cursor.at += 2 + digits;
    return String.fromCharCode(Number.parseInt(code, 16));
  }
  cursor.at += 1 + letter.length;
  return ESCAPES[letter] ?? letter;
}

const NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;
const WORDS = new Map<string, boolean | null>([
  ["true", true],
  ["True", true],
  ["false", false],
  ["False", false],
  ["null", null],
  ["None", null],
]);

function readWord(cursor: Cursor): Loose {
  const found = readBare(cursor);
  if (NUMBER.test(found)) return { kind: "number", value: found };
  const known = WORDS.get(found);
  return known === undefined ? { kind: "text", value: found } : { kind: "word", value: known };
}

// Options are names, versions and flags; anything else needs quotes.
const BARE = /[\w.+@/-]+/y;

function readBare(cursor: Cursor): string {
  BARE.lastIndex = cursor.at;
  const found = BARE.exec(cursor.text)?.[0];
  if (found === undefined) return fail(cursor, "a value");
  cursor.at += found.length;
  return found;
}

const SPACE = /[\s\uFEFF]*/y;

function skipSpace(cursor: Cursor): void {
  SPACE.lastIndex = cursor.at;
  cursor.at += SPACE.exec(cursor.text)?.[0].length ?? 0;
}

function skip(cursor: Cursor, character: string, needed: string): void {
  if (cursor.text[cursor.at] !== character) fail(cursor, needed);
  cursor.at += 1;
}

function fail({ text, at }: Cursor, needed: string): never {
  const found = at < text.length ? `has ${quoted(text[at])}` : "ends";
  throw new LooseSyntaxError(`needs ${needed} at character ${at + 1}, ${found}`);
}
