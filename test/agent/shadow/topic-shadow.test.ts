import { describe, expect, it } from "vitest";
import { topicShadow } from "../../../src/agent/shadow/topic-shadow.js";

describe("topicShadow", () => {
  it("gives up after 10 s without an answer, and ignores answers to others", async () => {
    const timers: { milliseconds: number; action: () => void }[] = [];
    const port = topicShadow({
      publish: async () => {},
      later(milliseconds, action) {
        timers.push({ milliseconds, action });
        return () => {};
      },
      newToken: () => "t",
    });
    const asked = port.get();
    port.receive("get/accepted", '{"clientToken":"another"}');
    port.receive("get/accepted", "{");
    for (const { action } of timers) action();

    await expect(asked).rejects.toThrow("no answer within 10000 ms");
    expect(timers.map(({ milliseconds }) => milliseconds)).toEqual([10_000]);
  });

  it("reads 404 as no shadow and 409 as a conflict", async () => {
    const port = topicShadow({ publish: async () => {}, later: () => () => {}, newToken: () => "t" });
    const none = port.get();
    port.receive("get/rejected", '{"clientToken":"t","code":404}');
    expect(await none).toBe(null);
    const conflict = port.update('{"state":{}}');
    port.receive("update/rejected", '{"clientToken":"t","code":409}');
    expect(await conflict).toBe("conflict");
  });
});
