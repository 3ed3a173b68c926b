import { describe, expect, it } from "vitest";
import { requestMemory } from "../src/requests.js";

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
    for (let at = 0; at < 64; at++) memory.take(request(`other-${at}`));
    expect(memory.take(request("a"))).toBe(true);
  });

  it("gives what an earlier life has not answered, once, and nothing of this life", () => {
    const { start } = kept();
    const first = start();
    first.take(request("answered"));
    first.take(request("open"));
    first.done(request("answered"));
    const second = start();
    second.take(request("new"));

    expect([second.leftOver(), second.leftOver()]).toEqual([[request("open")], []]);
    expect(start().leftOver()).toEqual([request("new")]);
  });

  it.each(["", "{", "[]", '["flush/a"]', '{"taken":7,"open":[{"command":"reboot","id":"x","dueAt":1},null]}'])(
    "starts anew where %j is all that was kept",
    (text) => {
      const memory = kept(text).start();

      expect([memory.leftOver(), memory.take(request("a"))]).toEqual([[], true]);
    },
  );
});
