import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const TOP = join(import.meta.dirname, "../..");

/** One page of the documentation. */
export interface Page {
  /** From the top of the repository: `docs/start.md`. */
  readonly file: string;
  readonly text: string;
}

/** A fenced block of a page. */
export interface Block {
  readonly language: string;
  readonly text: string;
  /** The number of its first line, from 1. */
  readonly line: number;
  /** What an HTML comment on the line before the fence says: `exits 1`. Null without one. */
  readonly note: string | null;
}

/** Every page, README.md first. */
export const PAGES: readonly Page[] = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  ...readdirSync(join(TOP, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .sort()
    .map((file) => `docs/${file}`),
].map((file) => ({ file, text: readFileSync(join(TOP, file), "utf8") }));

export function pageOf(file: string): Page {
  const page = PAGES.find((each) => each.file === file);
  if (page === undefined) throw new Error(`There is no page ${file}`);
  return page;
}

/** The fenced blocks of a page, in order. */
export function blocksOf({ text }: Page): readonly Block[] {
  const found: Block[] = [];
  const lines = text.split("\n");
  for (let at = 0; at < lines.length; at++) {
    const [, indent = "", fence = "", language = ""] = /^( *)(```+)(\S*)/.exec(lines[at] ?? "") ?? [];
    if (fence === "") continue;
    const end = lines.findIndex((line, next) => next > at && line.trim() === fence);
    if (end < 0) throw new Error(`A block is not closed: line ${at + 1}`);
    const note = /^<!-- (.+) -->$/.exec(lines[at - 1]?.trim() ?? "")?.[1] ?? null;
    const body = lines.slice(at + 1, end).map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line));
    found.push({ language, text: body.map((line) => `${line}\n`).join(""), line: at + 2, note });
    at = end;
  }
  return found;
}

/** A page without its fenced blocks and code spans: what is prose, links and headings. */
export function proseOf({ text }: Page): string {
  return text.replace(/^ *(```+)[^\n]*\n.*?\n *\1$/gms, "").replace(/`[^`]*`/g, "``");
}

/** The anchors that a page has, as GitHub makes them from its headings. */
export function anchorsOf({ text }: Page): ReadonlySet<string> {
  const plain = text.replace(/^ *(```+)[^\n]*\n.*?\n *\1$/gms, "");
  const headings = [...plain.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => heading);
  const seen = new Map<string, number>();
  const anchors = headings.map((heading) => {
    const anchor = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replace(/ /g, "-");
    const times = seen.get(anchor) ?? 0;
    seen.set(anchor, times + 1);
    return times === 0 ? anchor : `${anchor}-${times}`;
  });
  return new Set(anchors);
}
