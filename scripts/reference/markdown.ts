/** The width that pages keep to. */
const PAGE_WIDTH = 120;

/** A table of Markdown; cells are on one line and hold no line breaks. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replace(/\|/g, "\\|")).join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

/** A paragraph, broken between words; code and links stay whole. `indent` precedes each further line. */
export function wrapped(text: string, indent = ""): string {
  const words = text.match(/(?:`[^`]*`|\[[^\]]*\]\([^)]*\)|\S)+/g) ?? [];
  const lines = [""];
  for (const word of words) {
    const line = lines.at(-1) ?? "";
    const longer = line === "" ? word : `${line} ${word}`;
    if (line.trim() === "" || longer.length <= PAGE_WIDTH) lines[lines.length - 1] = longer;
    else lines.push(indent + word);
  }
  return lines.join("\n");
}

/** A list with a point for each text. */
export function list(texts: readonly string[]): string {
  return texts.map((text) => wrapped(`- ${text}`, "  ")).join("\n");
}
