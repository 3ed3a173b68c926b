import { describe, expect, it } from "vitest";
import { takeDevicesDuty } from "../../../src/fleet/lambda/taken-duty.js";
import type { SessionEvents } from "../../../src/fleet/store/shared-peers.js";

/** A session that locks what a test says, or fails. */
function scene(locked: readonly "devices"[] | Error) {
  const events: string[] = [];
  let told: SessionEvents | null = null;
  let fails = locked instanceof Error;
  const take = () =>
    takeDevicesDuty(async (session) => {
      told = session;
      return {
        async lock(duties) {
          events.push(`lock ${duties.join()}`);
          if (fails) throw new Error("the connection has ended");
          return locked instanceof Error ? [] : locked;
        },
        unlock: async () => {},
        announce: async () => {},
        close: async () => void events.push("close"),
      };
    });
  return {
    events,
    take,
    ended: () => told?.onEnded("the connection has ended"),
    fail: () => {
      fails = true;
    },
  };
}

describe("takeDevicesDuty", () => {
  it("holds the lock until its end, and shows the server that it is in use", async () => {
    const { events, take } = scene(["devices"]);
    const duty = await take();

    expect([duty?.isMine(), await duty?.keep()]).toEqual([true, true]);
    await duty?.end();
    expect(events).toEqual(["lock devices", "lock ", "close"]);
  });

  it("is null while another process has the duty, and leaves no session behind", async () => {
    const { events, take } = scene([]);

    expect([await take(), events]).toEqual([null, ["lock devices", "close"]]);
  });

  it("is lost once the session has ended", async () => {
    const { ended, take } = scene(["devices"]);
    const duty = await take();
    ended();

    expect(duty?.isMine()).toBe(false);
  });

  it("is lost once the server stops answering", async () => {
    const { fail, take } = scene(["devices"]);
    const duty = await take();
    fail();

    expect([await duty?.keep(), duty?.isMine()]).toEqual([false, false]);
  });

  it("leaves no session behind when the lock cannot be asked for", async () => {
    const { events, take } = scene(new Error("x"));

    await expect(take()).rejects.toThrow("the connection has ended");
    expect(events).toEqual(["lock devices", "close"]);
  });
});
