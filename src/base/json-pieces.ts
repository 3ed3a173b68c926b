/** Splits a text into its top-level objects and lists; null if there is anything but whitespace between them. */
export function jsonPieces(text: string): readonly string[] | null {
  const found: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? "";
    if (character === "{" || character === "[") {
      if (depth === 0) start = at;
      depth += 1;
    } else if (depth === 0) {
      if (character.trim() !== "") return null;
    } else if (character === '"') {
      at = endOfString(text, at);
    } else if (character === "}" || character === "]") {
      depth -= 1;
      if (depth === 0) found.push(text.slice(start, at + 1));
    }
  }
  return depth === 0 && found.length > 0 ? found : null;
}

/** The index of the quote that ends the string opened at `opened`; the length of the text if it has no end. */
function endOfString(text: string, opened: number): number {
  for (let at = opened + 1; at < text.length; at += 1) {
    if (text[at] === '"') return at;
    if (text[at] === "\\") at += 1;
  }
  return text.length;
}
