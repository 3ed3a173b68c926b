/**
 * The columns that a text takes on a terminal: two for wide characters, none for combining ones. A format character is
 * printed as an escape, so it takes the columns of the escape.
 */
export function lengthOf(text: string): number {
  // Nearly all texts are plain ASCII, where this is exact and fast.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let columns = 0;
  for (const character of text) columns += columnsOf(character);
  return columns;
}

/** Pads a text with blanks to this many columns. */
export function padTo(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - lengthOf(text)));
}

/** The text, or as much of its beginning as fits with an ellipsis. */
export function cutTo(text: string, columns: number): string {
  if (lengthOf(text) <= columns) return text;
  const [first = ""] = splitAt(text, columns - 1);
  return `${first}…`;
}

/** Splits a text into pieces of at most this many columns; a character that is wider becomes a piece of its own. */
export function splitAt(text: string, columns: number): readonly string[] {
  const pieces: string[] = [];
  let piece = "";
  let taken = 0;
  for (const character of text) {
    const width = columnsOf(character);
    if (piece !== "" && taken + width > columns) {
      pieces.push(piece);
      piece = "";
      taken = 0;
    }
    piece += character;
    taken += width;
  }
  return [...pieces, piece];
}

const ESCAPE_COLUMNS = 6;

function columnsOf(character: string): number {
  const point = character.codePointAt(0) ?? 0;
  if (point < 0x7f) return 1;
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(character)) return ESCAPE_COLUMNS * character.length;
  if (/[\p{Mn}\p{Me}\u{1160}-\u{11ff}]/u.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

// East_Asian_Width W and F of Unicode 15 (EastAsianWidth.txt), and emoji that are shown as pictures; a flag is two letters.
const WIDE =
  /(?![\u{1f1e6}-\u{1f1ff}])[\u{1100}-\u{115f}\u{2329}\u{232a}\u{2e80}-\u{303e}\u{3041}-\u{3247}\u{3250}-\u{4dbf}\u{4e00}-\u{a4c6}\u{a960}-\u{a97c}\u{ac00}-\u{d7a3}\u{f900}-\u{faff}\u{fe10}-\u{fe19}\u{fe30}-\u{fe6b}\u{ff01}-\u{ff60}\u{ffe0}-\u{ffe6}\u{16fe0}-\u{18d08}\u{1aff0}-\u{1b2fb}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}\p{Emoji_Presentation}]/u;
