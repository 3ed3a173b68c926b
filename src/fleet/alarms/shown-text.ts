import { printable } from "../../base/text.js";

/** A text from outside, made safe to store and show: no control characters, no lone surrogates, not too long. */
export function shownText(text: string, most: number): string {
  return printable(text.slice(0, most).replace(/\p{Cs}/gu, "?"));
}
