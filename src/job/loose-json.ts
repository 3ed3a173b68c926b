import { quoted } from "./job-names.js";

/** A value as it was written; numbers keep their text, because 10.0 and 10 are different versions. */
export type Loose =
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "number"; readonly value: string }
  | { readonly kind: "word"; readonly value: boolean | null }
  | { readonly kind: "array"; readonly items: readonly Loose[] }
  | { readonly kind: "object"; readonly entries: readonly (readonly [string, Loose])[] };

/** Why a text could not be read, and at which character (from 1). */
export class LooseSyntaxError extends SyntaxError {}

const DEEPEST = 32;

/**
 * Reads JSON and what people write for it: single or typographic quotes, Python's True, False, None and u'…', bare words
 * for keys and values, a comma too many. One pass, each character looked at a bounded number of times. Throws
 * LooseSyntaxError.
 */
export function parseLoose(text: string): Loose {
  let at = 0;

  const value = anyValue(0);
  space();
  if (at < text.length) fail("the end");
  return value;

  function anyValue(depth: number): Loose {
    space();
    if (depth > DEEPEST) throw new LooseSyntaxError(`nested deeper than ${DEEPEST} levels at character ${at + 1}`);
    const next = text[at];
    if (next === "{") return object(depth);
    if (next === "[") return array(depth);
    if (closingQuote() !== undefined) return { kind: "text", value: string() };
    return word();
  }

  function object(depth: number): Loose {
    const entries: (readonly [string, Loose])[] = [];
    at += 1;
    for (;;) {
      space();
      if (text[at] === "}") break;
      const key = closingQuote() === undefined ? bare() : string();
      space();
      if (text[at] !== ":") fail('":"');
      at += 1;
      entries.push([key, anyValue(depth + 1)]);
      if (!comma("}")) break;
    }
    at += 1;
    return { kind: "object", entries };
  }

  function array(depth: number): Loose {
    const items: Loose[] = [];
    at += 1;
    for (;;) {
      space();
      if (text[at] === "]") break;
      items.push(anyValue(depth + 1));
      if (!comma("]")) break;
    }
    at += 1;
    return { kind: "array", items };
  }

  /** Steps over a comma; false when the list ends here instead. */
  function comma(end: string): boolean {
    space();
    if (text[at] === end) return false;
    if (text[at] !== ",") fail(`"," or "${end}"`);
    at += 1;
    return true;
  }

  /** The quote that ends the string that begins here; undefined when none begins here. */
  function closingQuote(): string | undefined {
    const first = text[at] === "u" ? text[at + 1] : text[at];
    return first === undefined ? undefined : QUOTES[first];
  }

  function string(): string {
    const end = closingQuote();
    const opened = at;
    at += text[at] === "u" ? 2 : 1;
    let out = "";
    for (let from = at; ; ) {
      const next = text[at];
      if (next === undefined) throw new LooseSyntaxError(`the text that begins at character ${opened + 1} has no end`);
      if (next === end) {
        out += text.slice(from, at);
        at += 1;
        return out;
      }
      if (next === "\\") {
        out += text.slice(from, at) + escaped();
        from = at;
      } else at += 1;
    }
  }

  function escaped(): string {
    const letter = text[at + 1] ?? "";
    const digits = letter === "u" ? 4 : letter === "x" ? 2 : 0;
    const code = text.slice(at + 2, at + 2 + digits);
    if (digits > 0 && code.length === digits && /^[0-9a-fA-F]+$/.test(code)) {
      at += 2 + digits;
      return String.fromCharCode(Number.parseInt(code, 16));
    }
    at += 1 + letter.length;
    return ESCAPES[letter] ?? letter;
  }

  function word(): Loose {
    const found = bare();
    if (NUMBER.test(found)) return { kind: "number", value: found };
    const known = WORDS[found];
    return known === undefined ? { kind: "text", value: found } : { kind: "word", value: known };
  }

  function bare(): string {
    BARE.lastIndex = at;
    const found = BARE.exec(text)?.[0];
    if (found === undefined) return fail("a value");
    at += found.length;
    return found;
  }

  function space(): void {
    SPACE.lastIndex = at;
    at += SPACE.exec(text)?.[0].length ?? 0;
  }

  function fail(needed: string): never {
    const found = at < text.length ? `has ${quoted(text[at])}` : "ends";
    throw new LooseSyntaxError(`needs ${needed} at character ${at + 1}, ${found}`);
  }
}

const QUOTES: Readonly<Record<string, string>> = { '"': '"', "'": "'", "“": "”", "‘": "’", "”": "”", "’": "’" };
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f" };
const WORDS: Readonly<Record<string, boolean | null>> = Object.assign(Object.create(null), {
  true: true,
  True: true,
  false: false,
  False: false,
  null: null,
  None: null,
});
const SPACE = /[\s\uFEFF]*/y;
const NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;
// Options are names, versions and flags; anything else needs quotes.
const BARE = /[\w.+@/-]+/y;
