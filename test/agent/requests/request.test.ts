import { describe, expect, it } from "vitest";
import { requestMemory } from "../../../src/agent/requests/request.js";

const request = (id: string) => ({ command: "flush", id, dueAt: 1_000 }) as const;

function kept(first: string | null = null) {
  const state = { text: first };
  return { state, start: () => requestMemory(state.text, (text) => Object.assign(state, { text })) };
}

describe("requestMemory", () => {
  it("takes a request once, over a restart too, and remembers the last 64", () => {
    const { start } = kept();
    const memory = start();

    expect([memory.take(request("a")), memory.take(request("a")), start().take(request("a"))]).toEqual([
      true,
      false,
      false,
    ]);
    memory.done(request("a"));
    for (let at = 0; at < 64; at++) memory.take(request(`other-${at}`));
    expect(memory.take(request("a"))).toBe(true);
  });

  it("gives what earlier lives have left open, until it is answered, and nothing of this life", () => {
    const { start } = kept();
    const first = start();
    first.take(request("answered"));
    first.take(request("open"));
    first.done(request("answered"));
    first.end();
    const second = start();
    second.take(request("new"));

    expect([second.leftOver(2_000), second.leftOver(2_000)]).toEqual([
      { again: [request("open")], givenUp: [] },
      { again: [], givenUp: [] },
    ]);
    second.end();
    expect(start().leftOver(2_000).again).toEqual([request("open"), request("new")]);
  });

  it("gives up on what two lives in a row have ended with, and on what nobody waits for any more", () => {
    const { start } = kept();
    const first = start();
    first.take(request("killer"));
    const second = start();
    expect(second.leftOver(2_000).again).toEqual([{ ...request("killer"), crashes: 1 }]);
    second.take({ ...request("old"), dueAt: 5_000 });
    second.end();
    const third = start();
    expect(third.leftOver(2_000).again).toHaveLength(2);

    expect(start().leftOver(86_404_000)).toMatchObject({ again: [{ id: "old" }], givenUp: [{ id: "killer" }] });
    expect(start().leftOver(86_405_001)).toMatchObject({ again: [], givenUp: [{ id: "old" }] });
    expect(start().leftOver(86_405_001)).toEqual({ again: [], givenUp: [] });
  });

  it("takes nothing that is open, though 64 others came after it", () => {
    const { start } = kept();
    const memory = start();
    memory.take(request("open"));
    for (let at = 0; at < 64; at++) {
      memory.take(request(`other-${at}`));
      memory.done(request(`other-${at}`));
    }

    expect(memory.take(request("open"))).toBe(false);
  });

  it.each(["", "{", "[]", '["flush/a"]', '{"taken":7,"open":[{"command":"reboot","id":"x","dueAt":1},null]}'])(
    "starts anew where %j is all that was kept",
    (text) => {
      const memory = kept(text).start();

      expect([memory.leftOver(2_000).again, memory.take(request("a"))]).toEqual([[], true]);
    },
  );
});
