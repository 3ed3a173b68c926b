import { describe, expect, it } from "vitest";
import { requestMemory } from "../../../src/agent/requests/request-memory.js";

const request = (id: string) => ({ command: "check", id, dueAt: 1_000 }) as const;

/** A text that outlives sessions, and a way to begin the next one. */
function stored(first: string | null = null) {
  const state = { text: first, writes: 0 };
  const save = (text: string) => {
    state.text = text;
    state.writes += 1;
  };
  return { state, start: () => requestMemory(state.text, save) };
}

describe("requestMemory", () => {
  it("accepts a request once, over a restart too, and remembers the last 64", () => {
    const { start } = stored();
    const memory = start();

    expect([memory.accept(request("a")), memory.accept(request("a")), start().accept(request("a"))]).toEqual([
      "accepted",
      "repeated",
      "repeated",
    ]);
    memory.done(request("a"));
    for (let at = 0; at < 64; at++) {
      memory.accept(request(`other-${at}`));
      memory.done(request(`other-${at}`));
    }
    expect(memory.accept(request("a"))).toBe("accepted");
  });

  it("does not accept a 65th open request, and loses no other", () => {
    const { start } = stored();
    const memory = start();
    for (let at = 0; at < 64; at++) memory.accept(request(`r-${at}`));

    expect(memory.accept(request("one too many"))).toBe("full");
    memory.end();
    expect(
      start()
        .leftOver(2_000)
        .again.map(({ id }) => id),
    ).toEqual(Array.from({ length: 64 }, (_, at) => `r-${at}`));
    memory.done(request("r-7"));
    expect(memory.accept(request("one too many"))).toBe("accepted");
  });

  it("leaves half of the room to requests to this device, whatever broadcasts are open, over a restart too", () => {
    const { start } = stored();
    const memory = start();
    const broadcast = (at: number) => ({ ...request(`all-${at}`), isBroadcast: true });
    const first = Array.from({ length: 64 }, (_, at) => memory.accept(broadcast(at)));
    memory.end();
    const next = start();
    const later = [
      next.accept(broadcast(64)),
      ...Array.from({ length: 33 }, (_, at) => next.accept(request(`r-${at}`))),
    ];

    expect(first.filter((outcome) => outcome === "accepted")).toHaveLength(32);
    expect(later).toEqual(["full", ...Array(32).fill("accepted"), "full"]);
  });

  it("returns what earlier sessions left open, until it is answered, and nothing of this session", () => {
    const { start } = stored();
    const first = start();
    first.accept(request("answered"));
    first.accept(request("open"));
    first.done(request("answered"));
    first.end();
    const second = start();
    second.accept(request("new"));

    expect([second.leftOver(2_000), second.leftOver(2_000)]).toEqual([
      { again: [request("open")], givenUp: [] },
      { again: [], givenUp: [] },
    ]);
    second.end();
    expect(start().leftOver(2_000).again).toEqual([request("open"), request("new")]);
  });

  it("gives up requests during which two sessions in a row ended unexpectedly, and those that are no longer awaited", () => {
    const { start } = stored();
    const first = start();
    first.accept(request("killer"));
    const second = start();
    expect(second.leftOver(2_000).again).toEqual([{ ...request("killer"), crashes: 1 }]);
    second.accept({ ...request("old"), dueAt: 5_000 });
    second.end();
    const third = start();
    expect(third.leftOver(2_000).again).toHaveLength(2);

    expect(start().leftOver(86_404_000)).toMatchObject({ again: [{ id: "old" }], givenUp: [{ id: "killer" }] });
    expect(start().leftOver(86_405_001)).toMatchObject({ again: [], givenUp: [{ id: "old" }] });
    expect(start().leftOver(86_405_001)).toEqual({ again: [], givenUp: [] });
  });

  it("does not blame open requests for an orderly end, though an answer is sent after it", () => {
    const { start } = stored();
    const first = start();
    first.accept(request("open"));
    first.accept(request("under way"));
    first.end();
    first.done(request("under way"));

    expect(start().leftOver(2_000).again).toEqual([request("open")]);
  });

  it("remembers a flush for this session only, and writes nothing for it", () => {
    const { state, start } = stored();
    const memory = start();
    const flush = { command: "flush", id: "f", dueAt: 1_000 } as const;

    expect([memory.accept(flush), memory.accept(flush)]).toEqual(["accepted", "repeated"]);
    memory.done(flush);
    expect([memory.accept(flush), state.writes]).toEqual(["repeated", 0]);
    memory.accept({ ...flush, id: "open" });
    memory.accept(request("open"));
    memory.end();
    expect(start().leftOver(2_000).again).toEqual([request("open")]);
  });

  it("does not accept an open request again, even after 64 others", () => {
    const { start } = stored();
    const memory = start();
    memory.accept(request("open"));
    for (let at = 0; at < 64; at++) {
      memory.accept(request(`other-${at}`));
      memory.done(request(`other-${at}`));
    }

    expect(memory.accept(request("open"))).toBe("repeated");
  });

  it.each(["", "{", "[]", '["flush/a"]', '{"taken":7,"open":[{"command":"reboot","id":"x","dueAt":1},null]}'])(
    "starts empty where %j is all that was stored",
    (text) => {
      const memory = stored(text).start();

      expect([memory.leftOver(2_000).again, memory.accept(request("a"))]).toEqual([[], "accepted"]);
    },
  );
});
