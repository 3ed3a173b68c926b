// Controls and escapes, format characters (those that turn a line's direction among them), line and paragraph separators.
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A path or name as it can be shown: each character that a terminal would act on becomes a question mark. */
export function printable(text: string): string {
  return text.replace(UNSAFE, "?");
}

/** Escapes each of these characters as JSON does, line ends too: JSON stays the same JSON. */
export function escapeControls(text: string): string {
  return text.replace(UNSAFE, (found) =>
    Array.from({ length: found.length }, (_, at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, "0")}`).join(
      "",
    ),
  );
}

/** Orders texts by their UTF-16 code units, the same in every locale. */
export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** `3 jobs`, `1 job`. */
export function countOf(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
}
