import { jsonPieces } from "../base/json-pieces.js";
import { decodeJobText, parseJobText } from "./job-text.js";

/** One document of several in a text. `read` throws InvalidInputError where it is not JSON. */
interface JobDocument {
  readonly name: string;
  read(): unknown;
}

/**
 * The documents in a text: JSON values one after another, on lines of their own or not, or the items of one list. Throws
 * InvalidInputError for what is not text.
 */
export function jobDocuments(bytes: Uint8Array, name: string): readonly JobDocument[] {
  const text = decodeJobText(bytes, name)
    .replace(/^\uFEFF/, "")
    .trim();
  const [only = text, ...more] = jsonPieces(text) ?? [];
  if (more.length > 0) {
    return [only, ...more].map((value, at) => {
      const own = `${name} #${at + 1}`;
      return { name: own, read: () => parseJobText(value, own) };
    });
  }
  const items = only.startsWith("[") ? itemsOf(only) : null;
  if (items === null) return [{ name, read: () => parseJobText(only, name) }];
  return items.map((item, at) => ({ name: `${name} #${at + 1}`, read: () => item }));
}

function itemsOf(text: string): readonly unknown[] | null {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
