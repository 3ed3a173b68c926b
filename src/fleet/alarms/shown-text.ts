import { printable } from "../../base/text.js";

/** A text of somebody as both engines store it and every program shows it: no control characters, no lone surrogates, not too long. */
export function shownText(text: string, most: number): string {
  return printable(text.slice(0, most).replace(/\p{Cs}/gu, "?"));
}
