/** Markup that is safe to send: only `html` makes it. */
export class Html {
  readonly #text: string;

  constructor(key: typeof KEY, text: string) {
    if (key !== KEY) throw new Error("Only html`…` makes markup");
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

const KEY = Symbol("html");

/** What a template accepts: text is escaped, markup is kept, lists are joined; null, undefined and false render nothing. */
type Piece = Html | string | number | null | undefined | false | readonly Piece[];

/** Markup with everything in `${}` escaped. Attributes must be quoted. */
export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  let text = strings[0] ?? "";
  pieces.forEach((piece, at) => {
    text += markup(piece) + (strings[at + 1] ?? "");
  });
  return new Html(KEY, text);
}

/** Nothing. */
export const NOTHING = html``;

function markup(piece: Piece): string {
  if (typeof piece === "string") return escapeHtml(piece);
  if (piece instanceof Html) return String(piece);
  if (typeof piece === "number") return String(piece);
  if (piece === null || piece === undefined || piece === false) return "";
  // Values from a device's JSON may be anything, whatever their type.
  return Array.isArray(piece) ? piece.map(markup).join("") : escapeHtml(String(piece));
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
// Controls but for tab and line end, format characters (those that turn a line's direction among them), separators.
const SPECIAL = /[&<>"']|(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Text as it can stand between tags and in quoted attributes; characters that change how others are shown become `\u{202e}`. */
export function escapeHtml(text: string): string {
  return text.replace(SPECIAL, (found) => ESCAPES[found] ?? `\\u{${found.codePointAt(0)?.toString(16)}}`);
}
