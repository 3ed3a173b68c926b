import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { restInLongOutages } from "../../../src/transports/mqtt/rest-in-outage.js";
import { fakeClock } from "../../agent/fake-clock.js";

/** A client that is offline. */
function scene() {
  const clock = fakeClock();
  const calls: string[] = [];
  const client = Object.assign(new EventEmitter(), {
    start: () => void calls.push(`start ${clock.steadyMs()}`),
    stop: () => void calls.push(`stop ${clock.steadyMs()}`),
  });
  const end = restInLongOutages(client as never, { later: clock.later, nowMs: clock.steadyMs, random: () => 0.5 });
  return { clock, calls, client, end };
}

describe("restInLongOutages", () => {
  it("leaves a client alone when it fails to connect for up to five minutes", async () => {
    const { clock, calls, client } = scene();
    client.emit("connectionFailure");
    await clock.pass(314_999);
    client.emit("connectionFailure");

    expect([calls, clock.waits]).toEqual([[], []]);
  });

  it("stops it for up to 2 minutes after each later failure, even a failure while it is stopped", async () => {
    const { clock, calls, client } = scene();
    await clock.pass(315_000);
    client.emit("connectionFailure");
    client.emit("connectionFailure");
    await clock.pass(60_000);
    client.emit("connectionFailure");

    expect(calls).toEqual(["stop 315000", "start 375000", "stop 375000"]);
  });

  it("counts from the last loss of a connection that had lasted 30 s", async () => {
    const { clock, calls, client } = scene();
    await clock.pass(570_000);
    client.emit("connectionSuccess");
    await clock.pass(30_000);
    client.emit("disconnection");
    client.emit("connectionFailure");

    expect(calls).toEqual([]);
  });

  it("stops a client whose connections have been lost quickly for five minutes", async () => {
    const { clock, calls, client } = scene();
    for (let passedMs = 0; passedMs < 320_000; passedMs += 20_000) {
      client.emit("connectionSuccess");
      await clock.pass(20_000);
      client.emit("disconnection");
    }
    await clock.pass(60_000);

    expect(calls).toEqual(["stop 320000", "start 380000"]);
  });

  it("starts nothing more once it has ended", async () => {
    const { clock, calls, client, end } = scene();
    await clock.pass(315_000);
    client.emit("connectionFailure");
    const wasResting = end();
    await clock.pass(600_000);

    expect([calls, wasResting]).toEqual([["stop 315000"], true]);
  });

  it("leaves a client alone when its attempt fails because it was stopped at the end", async () => {
    const { clock, calls, client, end } = scene();
    await clock.pass(315_000);
    const wasResting = end();
    client.emit("connectionFailure");
    await clock.pass(600_000);

    expect([calls, wasResting]).toEqual([[], false]);
  });
});
