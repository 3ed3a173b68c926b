import { escapeControls } from "./text.js";
import { lengthOf, padTo, splitAt } from "./text-width.js";

/** How to write for people: `colour` only on a terminal whose user has not set NO_COLOR. */
export interface TextStyle {
  readonly colour: boolean;
  /** Columns to wrap at, 60 or more. */
  readonly width: number;
}

export type Colour = "red" | "green" | "yellow" | "blue" | "cyan" | "dim" | "bold";
export type Paint = (colour: Colour, text: string) => string;

/** A text in a colour, or the text alone. Wrap before painting: colours would count as columns. */
export function painter(colour: boolean): Paint {
  return (name, text) => (colour && text !== "" ? `\u001b[${CODES[name]}m${text}\u001b[0m` : text);
}

const CODES: Readonly<Record<Colour, number>> = { red: 31, green: 32, yellow: 33, blue: 34, cyan: 36, dim: 2, bold: 1 };

/** Lines of at most `width` columns, broken at blanks where possible; control characters become blanks. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of clean(text)
    .split(" ")
    .flatMap((long) => (lengthOf(long) <= width ? [long] : splitAt(long, width)))) {
    if (line !== "" && lengthOf(line) + 1 + lengthOf(word) > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** Wraps a text to `width` and indents its later lines, so that the next text stands out. */
export function hanging(text: string, width: number, columns = 2): readonly string[] {
  const [first = "", ...more] = wrap(text, width - columns);
  return [first, ...indent(more, columns)];
}

/** A label in its own column and a wrapped text next to it, all within `width`. */
export function labelled(label: string, text: string, width: number, labelWidth = 11): readonly string[] {
  return wrap(text, width - labelWidth).map((line, at) =>
    `${padTo(at === 0 ? label : "", labelWidth)}${line}`.trimEnd(),
  );
}

/** The lines indented; empty ones stay empty. */
export function indent(lines: readonly string[], columns = 4): readonly string[] {
  return lines.map((line) => (line === "" ? line : " ".repeat(columns) + line));
}

/** A text from a device or a job without characters that move the cursor or change the direction of a line. */
export function clean(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, " ");
}

/** The escape sequences of `painter`, and no others. */
const COLOURS = new RegExp(`(${String.fromCharCode(27)}\\[(?:0|${Object.values(CODES).join("|")})m)`);
const PLAIN = /^[\n\x20-\x7e]*$/;

/**
 * Makes a text safe for a terminal. Every text that leaves the program passes through here last, whatever file, name or
 * report it comes from. Line ends and, with `colour`, our own colours stay; any other character that a terminal would
 * act on is escaped as in JSON, so that JSON stays the same JSON.
 */
export function terminalText(text: string, colour: boolean): string {
  if (PLAIN.test(text)) return text;
  const lines = text.split("\n");
  if (!colour) return lines.map(escapeControls).join("\n");
  // Every second piece is a colour.
  const safe = (line: string) =>
    line
      .split(COLOURS)
      .map((piece, at) => (at % 2 === 1 ? piece : escapeControls(piece)))
      .join("");
  return lines.map(safe).join("\n");
}
