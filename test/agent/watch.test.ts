import { describe, expect, it } from "vitest";
import { type Watched, watchFiles } from "../../src/agent/watch.js";
import type { Trigger } from "../../src/report/report.js";

/** Files in memory, and looks that are made by hand. */
function scene() {
  const state = { print: "1", watched: { FACT_CHANGE: ["/a"] } as Watched, changes: [] as Trigger[] };
  const timers: { milliseconds: number; action: () => void }[] = [];
  const watch = watchFiles({
    watched: () => state.watched,
    fingerprint: (paths) => paths.map((path) => `${path} ${state.print}`).join(),
    later(milliseconds, action) {
      const timer = { milliseconds, action };
      timers.push(timer);
      return () => void timers.splice(timers.indexOf(timer), timers.includes(timer) ? 1 : 0);
    },
    onChange: (trigger) => state.changes.push(trigger),
  });
  return { watch, state, timers, look: () => timers.shift()?.action() };
}

describe("watchFiles", () => {
  it("notices what changes between its first look, before a check, and the next one, behind it", () => {
    const { watch, state } = scene();
    state.print = "2";

    watch.every(1_000);

    expect(state.changes).toEqual(["FACT_CHANGE"]);
  });

  it("misses nothing when it is to look more often, and looks no more when it shall not", () => {
    const { watch, state, timers, look } = scene();
    watch.every(300_000);
    state.print = "2";
    watch.every(1_000);
    look();
    expect([state.changes, timers.map(({ milliseconds }) => milliseconds)]).toEqual([["FACT_CHANGE"], [1_000]]);

    watch.every(null);

    expect(timers).toEqual([]);
  });

  it("takes what is watched for the first time for no change", () => {
    const { watch, state, look } = scene();
    watch.every(1_000);
    state.watched = { DEPLOYMENT: ["/b"], FACT_CHANGE: ["/a", "/c"] };
    look();
    expect(state.changes).toEqual([]);
    state.print = "2";
    look();

    expect(state.changes).toEqual(["DEPLOYMENT"]);
  });
});
