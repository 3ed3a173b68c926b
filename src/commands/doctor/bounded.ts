import { messageOf } from "../../base/errors.js";
import { withTimeLimit } from "../../base/time-limit.js";
import { type DoctorLine, linesOf } from "./doctor-line.js";

/** Longer than any probe's own limits together. */
const LIMIT_MS = 25_000;

/** The lines of one probe; a probe that fails or takes too long has a line that says so. Never throws. */
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
        "Run doctor again; if it stays, report it with this line",
      ),
    ];
  }
}
