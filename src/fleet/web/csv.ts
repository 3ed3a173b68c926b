/** A cell's value. */
export type Cell = string | number | boolean | null;

/** A line of CSV (RFC 4180). */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(csvCell).join(",")}\r\n`;
}

const DIRECTION = /\p{Bidi_Control}/gu;

/**
 * A text that a spreadsheet would take for a formula gets an apostrophe before it: devices name themselves, and a cell
 * that begins with one of these characters is run when the file is opened. Characters that turn a line's direction, and
 * so make a value look like another, become `\u{202e}` as on the pages.
 */
function csvCell(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell !== "string") return String(cell);
  const shown = cell.replace(DIRECTION, (found) => `\\u{${found.codePointAt(0)?.toString(16)}}`);
  const safe =
    /^[\s\p{Cc}]*[=+\-@\uff1d\uff0b\uff0d\uff20]/u.test(shown) || /^[\t\r]/.test(shown) ? `'${shown}` : shown;
  return /[",\r\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}
