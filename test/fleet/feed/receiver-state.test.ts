import { describe, expect, it } from "vitest";
import { receiverState } from "../../../src/fleet/feed/receiver-state.js";

const at = (minute: number) => Date.parse("2026-11-23T18:00:00Z") + minute * 60_000;
const iso = (minute: number) => new Date(at(minute)).toISOString();
const messages = (waiting = 0, oldestAt: string | null = null) => ({ waiting, oldestAt, deferred: 0, isStuck: false });

describe("receiverState", () => {
  it("says since when it is connected or disconnected", () => {
    const state = receiverState(at(0));
    expect(state.status(at(1), messages())).toEqual({
      connected: false,
      since: iso(0),
      queued: 0,
      lagSeconds: 0,
      deferred: 0,
      stuck: false,
    });

    state.connected(at(2), false);
    expect(state.status(at(3), messages(7, iso(2)))).toEqual({
      connected: true,
      since: iso(2),
      queued: 7,
      lagSeconds: 60,
      deferred: 0,
      stuck: false,
    });

    state.lost(at(4));
    state.lost(at(5));
    expect(state.status(at(6), messages())).toMatchObject({ connected: false, since: iso(4) });
  });

  it("ignores an interruption only when the broker held the messages during it", () => {
    const state = receiverState(at(0));
    state.connected(at(1), true);
    state.lost(at(2));
    state.connected(at(3), true);
    state.connected(at(4), false);
    expect(state.status(at(5), messages())).toMatchObject({ connected: true, since: iso(1) });

    state.lost(at(6));
    state.connected(at(7), false);
    expect(state.status(at(8), messages())).toMatchObject({ connected: true, since: iso(7) });
  });

  it("says whether the store could not take the last batch", () => {
    expect(receiverState(at(0)).status(at(0), { ...messages(), isStuck: true }).stuck).toBe(true);
  });

  it("shows no lag when the clock was set back", () => {
    expect(receiverState(at(0)).status(at(0), messages(1, iso(9))).lagSeconds).toBe(0);
  });
});
