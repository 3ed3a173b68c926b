import { InvalidInputError } from "../base/errors.js";
import { parseJson } from "../base/json.js";
import { jsonPieces } from "../base/json-pieces.js";
import { anyObject, ownMember, ShapeError } from "../base/shape.js";
import type { DeviceFacts } from "./facts.js";
import { parseFacts } from "./parse-facts.js";

/** One machine of a fact file. */
export interface ListedFacts {
  /** The member `thing`, if someone has added it. */
  readonly thing: string | null;
  readonly facts: DeviceFacts;
}

/** A text does not hold the facts of machines; the message is the reason alone. */
export class FactFileError extends InvalidInputError {}

/**
 * The machines in a text: what `facts --json` printed, a list of such objects, or several of them one after the other.
 * Throws FactFileError, which names the machine that cannot be read.
 */
export function parseFactFile(text: string): readonly ListedFacts[] {
  const objects = jsonTexts(text).flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : [value]));
  if (objects.length === 0) throw new FactFileError("it holds the facts of no machine");
  return objects.map((object, at) => {
    try {
      const thing = ownMember(anyObject(object, ""), "thing");
      return { thing: typeof thing === "string" && thing.trim() !== "" ? thing : null, facts: parseFacts(object) };
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
      const which = objects.length === 1 ? "" : `machine ${at + 1} of ${objects.length}: `;
      throw new FactFileError(`${which}${error.message}`);
    }
  });
}

/** The consecutive JSON values in a text, with any whitespace between and in them. Throws FactFileError. */
function jsonTexts(text: string): readonly unknown[] {
  const body = text.replace(/^\uFEFF/, "").trim();
  if (body === "") throw new FactFileError("it is empty");
  try {
    return [parseJson(body)];
  } catch {
    const values = jsonPieces(body);
    if (values === null) throw new FactFileError("it is not valid JSON");
    return values.map((piece, at) => {
      try {
        return parseJson(piece);
      } catch {
        throw new FactFileError(
          values.length === 1 ? "it is not valid JSON" : `its JSON text number ${at + 1} is broken`,
        );
      }
    });
  }
}
