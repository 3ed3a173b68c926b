import { describe, expect, it } from "vitest";
import { jsonLog } from "../../../src/fleet/lambda/json-log.js";

describe("jsonLog", () => {
  it("writes a line of JSON for each event except those of level debug", () => {
    const lines: string[] = [];
    const log = jsonLog(
      (line) => void lines.push(line),
      () => Date.parse("2026-11-30T00:00:00Z"),
    );
    log.debug("acks.not-noted");
    log.info("queue.stored", { refused: 2 });
    log.error("store.failed", { message: "two\nlines" });

    expect(lines).toEqual([
      '{"level":"info","time":"2026-11-30T00:00:00.000Z","event":"queue.stored","refused":2}\n',
      '{"level":"error","time":"2026-11-30T00:00:00.000Z","event":"store.failed","message":"two\\nlines"}\n',
    ]);
  });
});
