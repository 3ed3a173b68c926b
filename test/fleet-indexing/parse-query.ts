/** A query of AWS IoT fleet indexing. */
export type Query =
  | { readonly kind: "and" | "or"; readonly of: readonly Query[] }
  | { readonly kind: "not"; readonly of: Query }
  | Term;

/** One value that a field must have; any field where `field` is null. */
export interface Term {
  readonly kind: "term";
  readonly field: string | null;
  readonly value: Word | Phrase | Range;
}

/** `v10.2*`; without its escapes. */
export interface Word {
  readonly kind: "word";
  readonly text: string;
  readonly hasWildcard: boolean;
}

/** `"compiler.trt-ver"` */
interface Phrase {
  readonly kind: "phrase";
  readonly text: string;
}

/** `[75 TO 80}`, `<5`; null: no bound on that side. */
interface Range {
  readonly kind: "range";
  readonly from: Bound | null;
  readonly to: Bound | null;
}

interface Bound {
  readonly text: string;
  readonly isQuoted: boolean;
  readonly isIncluded: boolean;
}

type Token =
  | { readonly kind: "mark"; readonly text: string }
  | { readonly kind: "phrase"; readonly text: string }
  | { readonly kind: "word"; readonly text: string; readonly hasWildcard: boolean; readonly isPlain: boolean };

const TOKEN = /\s*(?:"((?:[^"\\]|\\.)*)"|(<=|>=|[()[\]{}:<>])|((?:\\.|[^\s()[\]{}:<>"\\])+))/y;

/**
 * Parses the documented subset of the language. Throws for anything else, and for AND beside OR without parentheses, of which
 * nothing says which binds first.
 */
export function parseQuery(text: string): Query {
  const tokens = tokensOf(text);
  const query = parseWhole(tokens, null);
  if (tokens.length > 0) throw new Error(`Cannot parse the query from ${JSON.stringify(tokens[0])} on`);
  return query;
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const pattern = new RegExp(TOKEN);
  const whole = text.trimEnd();
  while (pattern.lastIndex < whole.length) {
    const at = pattern.lastIndex;
    const [all, phrase, mark, word] = pattern.exec(whole) ?? [];
    if (all === undefined) throw new Error(`Cannot parse the query at "${whole.slice(at)}"`);
    if (phrase !== undefined) tokens.push({ kind: "phrase", text: unescaped(phrase) });
    else if (mark !== undefined) tokens.push({ kind: "mark", text: mark });
    else if (word !== undefined) {
      const hasWildcard = /[*?]/.test(word.replace(/\\./g, ""));
      tokens.push({ kind: "word", text: unescaped(word), hasWildcard, isPlain: !word.includes("\\") });
    }
  }
  return tokens;
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, "$1");
}

function isOperator(token: Token | undefined, name: string): boolean {
  return token?.kind === "word" && token.isPlain && token.text === name;
}

function isMark(token: Token | undefined, text: string): boolean {
  return token?.kind === "mark" && token.text === text;
}

/** Up to the end or to a closing parenthesis, which is not consumed. AND is the default operator. */
function parseWhole(tokens: Token[], field: string | null): Query {
  const parts: Query[] = [parsePart(tokens, field)];
  const operators = new Set<"and" | "or">();
  while (tokens.length > 0 && !isMark(tokens[0], ")")) {
    if (isOperator(tokens[0], "OR")) operators.add("or");
    else operators.add("and");
    if (isOperator(tokens[0], "OR") || isOperator(tokens[0], "AND")) tokens.shift();
    parts.push(parsePart(tokens, field));
  }
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  if (operators.size > 1) throw new Error("Cannot parse a query with AND beside OR: parentheses are missing");
  return { kind: operators.has("or") ? "or" : "and", of: parts };
}

function parsePart(tokens: Token[], field: string | null): Query {
  if (isOperator(tokens[0], "NOT")) {
    tokens.shift();
    return { kind: "not", of: parsePart(tokens, field) };
  }
  const [first] = tokens;
  if (first?.kind === "word" && first.isPlain && /^-./.test(first.text)) {
    tokens[0] = { ...first, text: first.text.slice(1) };
    return { kind: "not", of: parsePart(tokens, field) };
  }
  if (isMark(first, "(")) return parseGroup(tokens, field);
  const [, second] = tokens;
  if (field === null && first?.kind === "word" && second?.kind === "mark" && /^(?::|[<>]=?)$/.test(second.text)) {
    tokens.splice(0, second.text === ":" ? 2 : 1);
    if (isMark(tokens[0], "(")) return parseGroup(tokens, first.text);
    return { kind: "term", field: first.text, value: parseValue(tokens) };
  }
  return { kind: "term", field, value: parseValue(tokens) };
}

function parseGroup(tokens: Token[], field: string | null): Query {
  tokens.shift();
  const query = parseWhole(tokens, field);
  if (!isMark(tokens.shift(), ")")) throw new Error("Cannot parse a query whose parenthesis is not closed");
  return query;
}

function parseValue(tokens: Token[]): Term["value"] {
  const token = tokens.shift();
  if (token?.kind === "phrase") return { kind: "phrase", text: token.text };
  if (token?.kind === "word") {
    if (["AND", "OR", "NOT", "TO"].includes(token.text) && token.isPlain)
      throw new Error(`Cannot parse a query with ${token.text} in place of a value`);
    return { kind: "word", text: token.text, hasWildcard: token.hasWildcard };
  }
  const sign = token?.text ?? "the end";
  if (/^[<>]=?$/.test(sign)) {
    const bound = boundOf(tokens.shift(), sign.endsWith("="));
    return sign.startsWith("<") ? { kind: "range", from: null, to: bound } : { kind: "range", from: bound, to: null };
  }
  if (sign !== "[" && sign !== "{") throw new Error(`Cannot parse a query with ${sign} in place of a value`);
  const from = boundOf(tokens.shift(), sign === "[");
  if (!isOperator(tokens.shift(), "TO")) throw new Error("Cannot parse a range without TO");
  const upper = tokens.shift();
  const end = tokens.shift();
  if (!isMark(end, "]") && !isMark(end, "}")) throw new Error("Cannot parse a range that is not closed");
  return { kind: "range", from, to: boundOf(upper, isMark(end, "]")) };
}

/** Ranges that are open at one end are written with < and >: `[* TO 5]` is not documented. */
function boundOf(token: Token | undefined, isIncluded: boolean): Bound {
  if (token === undefined || token.kind === "mark" || (token.kind === "word" && token.hasWildcard))
    throw new Error("Cannot parse a range without its bounds");
  return { text: token.text, isQuoted: token.kind === "phrase", isIncluded };
}
