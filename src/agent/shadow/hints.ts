import { type JsonObject, jsonObjectIn } from "../../base/json.js";
import { memberIn, numberIn } from "./document.js";

/** Takes messages from a shadow's topics as hints: only the version that they name counts. */
interface ShadowHints {
  /** Handles a delta document as received. */
  delta(document: string): void;
  /** Handles an accepted document as received. */
  accepted(document: string): void;
  /** Holds hints back while a write is in progress: those of the write itself may arrive before its answer. */
  hold(): void;
  /** Evaluates the hints that were held back. */
  release(): void;
}

/** Calls `onNews` when a hint names another version than the known one. */
export function shadowHints(known: () => number | null, onNews: () => void): ShadowHints {
  /** Two different versions suffice: one of them is not the known one. */
  let held: Set<number | null> | null = null;

  function judge(version: number | null): void {
    if (held === null && version !== known()) onNews();
    if (held !== null && held.size < 2) held.add(version);
  }

  return {
    delta(document) {
      const found = jsonObjectIn(document);
      if (found !== null) judge(numberIn(found, "version"));
    },
    accepted(document) {
      const found = jsonObjectIn(document);
      if (found !== null && namesDesired(found)) judge(numberIn(found, "version"));
    },
    hold() {
      held = new Set();
    },
    release() {
      const versions = [...(held ?? [])];
      held = null;
      if (versions.some((version) => version !== known())) onNews();
    },
  };
}

/**
 * Our own writes contain only reported state. Deltas are not enough: they do not show that a desired value was removed,
 * by setting it to null or by leaving it out.
 */
function namesDesired(accepted: JsonObject): boolean {
  return memberIn(accepted, "state")?.desired !== undefined;
}
