import { describe, expect, it, vi } from "vitest";
import { newRequestId } from "../../../src/fleet/feed/request-id.js";

describe("newRequestId", () => {
  it("returns a new id each time, and later ids sort after earlier ones", () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      const ids = [0, 1, 60_000, 86_400_000].map((ms) => {
        vi.setSystemTime(Date.parse("2026-03-02T08:00:00Z") + ms);
        return newRequestId();
      });
      expect(ids).toEqual([...ids].sort());
      expect(newRequestId()).not.toBe(newRequestId());
    } finally {
      vi.useRealTimers();
    }
  });
});
