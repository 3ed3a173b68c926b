import { describe, expect, it } from "vitest";
import { shadowHints } from "../../../src/agent/shadow/hints.js";

function scene() {
  const state = { version: 1, news: 0 };
  const hints = shadowHints(
    () => state.version,
    () => {
      state.news += 1;
    },
  );
  return { ...hints, state };
}

describe("shadowHints", () => {
  it.each([
    ['{"version":2,"state":{"jitterSeconds":7}}', 1],
    ['{"version":1,"state":{}}', 0],
    ["{", 0],
    ["7", 0],
  ])("uses of the delta %s only whether its version differs", (document, news) => {
    const { delta, state } = scene();
    delta(document);

    expect(state).toEqual({ version: 1, news });
  });

  it("judges hints that came during a write by the version that it made, and all of them at once", () => {
    const { delta, accepted, hold, release, state } = scene();
    hold();
    delta('{"version":2,"state":{}}');
    state.version = 2;
    release();
    hold();
    for (const version of [3, 4, 5]) accepted(JSON.stringify({ version, state: { desired: {} } }));
    expect(state.news).toBe(0);
    release();

    expect(state.news).toBe(1);
  });
});
