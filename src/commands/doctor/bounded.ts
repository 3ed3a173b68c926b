import { messageOf } from "../../base/errors.js";
import { withTimeLimit } from "../../base/time-limit.js";
import { type DoctorLine, linesOf } from "./doctor-line.js";

/** Longer than the sum of any probe's own limits. */
const LIMIT_MS = 25_000;

/**
 * Runs one probe and returns its lines; a probe that fails or takes too long gets a line that says so. Never throws.
 */
export async function bounded(
  id: string,
  probe: () => Promise<readonly DoctorLine[]> | readonly DoctorLine[],
  limitMs = LIMIT_MS,
): Promise<readonly DoctorLine[]> {
  try {
    return await withTimeLimit(
      Promise.resolve().then(probe),
      limitMs,
      () => new Error(`no answer within ${limitMs} ms`),
    );
  } catch (error) {
    return [
      linesOf(id, "everything about it").problem(
        messageOf(error),
        "Run doctor again; if this happens again, report it with this line",
      ),
    ];
  }
}
