import { type Colour, clean } from "../../base/terminal-text.js";
import type { Runnable } from "../../drift/finding.js";

/** How an answer is shown: a symbol, a word, a colour. */
export const ANSWERS: Readonly<
  Record<
    Runnable,
    {
      readonly symbol: string;
      readonly word: string;
      readonly colour: Colour;
      /** The words after a number. */
      readonly one: string;
      readonly many: string;
    }
  >
> = {
  RUNNABLE: { symbol: "✓", word: "runs", colour: "green", one: "runs", many: "run" },
  RUNNABLE_UNTESTED: {
    symbol: "!",
    word: "runs untested",
    colour: "yellow",
    one: "runs untested",
    many: "run untested",
  },
  WILL_NOT_RUN: { symbol: "✗", word: "will not run", colour: "red", one: "will not run", many: "will not run" },
  CANNOT_TELL: { symbol: "?", word: "cannot tell", colour: "blue", one: "is unknown", many: "are unknown" },
};

/** Names as in a sentence; of more than `most`, the first ones and how many are left out. */
export function namesOf(names: readonly string[], most: number): string {
  const shown = (names.length > most ? names.slice(0, most) : names).map(clean).join(", ");
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}
