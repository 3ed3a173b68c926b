import { describe, expect, it } from "vitest";
import { ExpectedError } from "../../../src/base/errors.js";
import type { DeviceAcknowledgement } from "../../../src/fleet/arrival.js";
import { acknowledgeDevices, acknowledgementText } from "../../../src/fleet/feed/acknowledge-devices.js";
import { TOPIC_PREFIXES } from "../../../src/fleet/ingest/fleet-topics.js";
import { parseAcknowledgements } from "../../../src/outbox/acknowledgement.js";
import { fakeClock, fakeLog } from "../../agent/fake-clock.js";

function scene() {
  const clock = fakeClock();
  const unsent = new Map<string, DeviceAcknowledgement>();
  const noted: DeviceAcknowledgement[] = [];
  const asked: string[] = [];
  let trouble: Error | null = null;
  let woken = 0;
  const it = acknowledgeDevices({
    intake: {
      toAcknowledge: async (most, heardBefore = "") => {
        asked.push(heardBefore);
        return [...unsent.values()].slice(0, most);
      },
      async acknowledged(sent) {
        if (trouble !== null) throw trouble;
        noted.push(...sent);
        for (const { thing } of sent) unsent.delete(thing);
      },
    },
    prefixes: TOPIC_PREFIXES,
    log: fakeLog(),
    later: clock.later,
    wake: () => {
      woken += 1;
    },
  });
  return {
    clock,
    it,
    unsent,
    noted,
    asked,
    woken: () => woken,
    fail: (error: Error) => {
      trouble = error;
    },
  };
}

describe("acknowledgeDevices", () => {
  it("sends each thing's highest sequence once, and records it when the broker has it", async () => {
    const { clock, it: lane, noted, woken } = scene();
    lane.add([{ thing: "line-4", epoch: "e1", sequence: 5 }]);
    lane.add([{ thing: "line-4", epoch: "e1", sequence: 7 }]);
    lane.add([{ thing: "line-4", epoch: "e1", sequence: 6 }]);

    const message = lane.next();
    expect(message).toMatchObject({ topic: "cmd/packdrift/v1/line-4/ack/req", payload: '{"sequence":7,"epoch":"e1"}' });
    expect([lane.next(), woken()]).toEqual([null, 3]);
    await clock.pass(500);
    expect(noted).toEqual([]);
    message?.onSent();
    await clock.pass(500);

    expect(noted).toEqual([{ thing: "line-4", epoch: "e1", sequence: 7 }]);
  });

  it("joins at most 8 epochs of a thing in one message that a device reads", () => {
    const { it: lane } = scene();
    lane.add(Array.from({ length: 9 }, (_, at) => ({ thing: "line-4", epoch: `e${at}`, sequence: at + 1 })));

    const first = parseAcknowledgements(lane.next()?.payload ?? "");
    const second = parseAcknowledgements(lane.next()?.payload ?? "");

    expect([...first, ...second]).toEqual(
      Array.from({ length: 9 }, (_, at) => ({ epoch: `e${at}`, sequence: at + 1 })),
    );
    const longest = acknowledgementText(
      Array.from({ length: 8 }, () => ({ epoch: "e".repeat(60), sequence: Number.MAX_SAFE_INTEGER })),
    );
    expect(longest.length).toBeLessThan(2_048);
  });

  it("sends again what the broker did not take, unless something higher waits", () => {
    const { it: lane } = scene();
    lane.add([{ thing: "line-4", epoch: "e1", sequence: 5 }]);
    const failed = lane.next();
    lane.add([{ thing: "line-4", epoch: "e1", sequence: 6 }]);
    failed?.onFailed();

    expect(lane.next()?.payload).toBe('{"sequence":6,"epoch":"e1"}');
    expect(lane.next()).toBeNull();
  });

  it("after a restart sends what is stored beyond what was sent, page by page", async () => {
    const { clock, it: lane, unsent, noted, asked } = scene();
    for (let at = 0; at < 4_500; at++) unsent.set(`line-${at}`, { thing: `line-${at}`, epoch: "e1", sequence: 3 });
    unsent.set("all", { thing: "all", epoch: "e1", sequence: 3 });
    const since = "2026-11-23T17:59:00.000Z";
    await lane.resume(since);

    const pages: number[] = [];
    for (;;) {
      let count = 0;
      for (let message = lane.next(); message !== null; message = lane.next()) {
        count += 1;
        message.onSent();
      }
      if (count === 0) break;
      pages.push(count);
      await clock.pass(500);
    }

    expect([pages, noted.length, unsent.size]).toEqual([[2_000, 2_000, 500], 4_501, 0]);
    expect(asked).toEqual([since, since, since]);
  });

  it("continues while the store fails", async () => {
    const { it: lane, fail, noted } = scene();
    fail(new ExpectedError("the disk is full"));
    lane.add([{ thing: "line-4", epoch: "e1", sequence: 7 }]);
    lane.next()?.onSent();
    await lane.stop();

    expect(noted).toEqual([]);
  });

  it("never sends an acknowledgement under a name that all devices listen to", () => {
    const { it: lane } = scene();
    lane.add([{ thing: "all", epoch: "e1", sequence: 5 }]);

    expect(lane.next()).toBeNull();
  });
});
