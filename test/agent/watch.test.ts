import { describe, expect, it } from "vitest";
import { watchFiles } from "../../src/agent/watch.js";
import type { Watched } from "../../src/agent/watched-files.js";
import type { Trigger } from "../../src/report/report.js";

/** Files in memory, and a timer that is fired by hand. */
function scene() {
  const state = { print: "1", watched: new Map([["FACT_CHANGE", ["/a"]]]) as Watched, changes: [] as Trigger[] };
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
  return { watch, state, timers, compare: () => timers.shift()?.action() };
}

describe("watchFiles", () => {
  it("notices what changes between its first comparison, before a check, and the next one, after it", () => {
    const { watch, state } = scene();
    state.print = "2";

    watch.every(1_000);

    expect(state.changes).toEqual(["FACT_CHANGE"]);
  });

  it("misses nothing when the interval changes, and stops without an interval", () => {
    const { watch, state, timers, compare } = scene();
    watch.every(300_000);
    state.print = "2";
    watch.every(1_000);
    compare();
    expect([state.changes, timers.map(({ milliseconds }) => milliseconds)]).toEqual([["FACT_CHANGE"], [1_000]]);

    watch.every(null);

    expect(timers).toEqual([]);
  });

  it("does not report a newly watched file as a change", () => {
    const { watch, state, compare } = scene();
    watch.every(1_000);
    state.watched = new Map([
      ["DEPLOYMENT", ["/b"]],
      ["FACT_CHANGE", ["/a", "/c"]],
    ]);
    compare();
    expect(state.changes).toEqual([]);
    state.print = "2";
    compare();

    expect(state.changes).toEqual(["DEPLOYMENT"]);
  });
});
