import { describe, expect, it } from "vitest";
import { createReceiver } from "../../../src/fleet/receiving/receive.js";
import { LightDevice } from "../../../src/lab/fleet/light-device.js";
import { sha256 } from "../../../src/platform/seals.js";
import { heartbeat, nothingToCheck } from "../../../src/report/make-report.js";
import { factsOf, START } from "./fleet-parts.js";

const SEALS = { digest: sha256, sign: () => null };
const AT = { wallMs: START, boot: "load", bootMs: 5 };
const BODY = nothingToCheck({
  thing: "template",
  trigger: "SCHEDULE",
  checkedAt: "2026-11-20T12:00:00.000Z",
  facts: factsOf("rpi5-bookworm"),
  agent: { version: "0.1.0", node: "v20.0.0", transport: "mqtt", outbox: "disk", problems: [] },
});

describe("LightDevice", () => {
  it("numbers its reports and seals them into a chain that a receiver accepts", () => {
    const device = new LightDevice("virtual-000001", "e1");
    const receiver = createReceiver({ digest: sha256, fromStart: true });
    const made = [BODY, heartbeat(BODY), heartbeat(BODY)].map((body) => device.make(body, AT, SEALS).report);

    const received = made.flatMap((report) => receiver.receive(JSON.stringify(report), "virtual-000001"));

    expect(received.map(({ kind }) => kind)).toEqual(["report", "report", "report"]);
    expect(made.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(made.map(({ previous }) => previous !== undefined)).toEqual([false, true, true]);
    expect(made[2]).toMatchObject({ ack: "none", thing: "virtual-000001" });
  });

  it("keeps a report until it is acknowledged", () => {
    const device = new LightDevice("virtual-000001", "e1");
    for (let count = 0; count < 3; count += 1) device.make(BODY, AT, SEALS);

    const freed = device.acknowledge({ sequence: 2, epoch: "e1" });

    expect(freed.map(({ report }) => report.sequence)).toEqual([1, 2]);
    expect(device.unacknowledged.map(({ report }) => report.sequence)).toEqual([3]);
    expect(device).toMatchObject({ made: 3, acknowledged: 2 });
  });

  it("ignores acknowledgements of another epoch, of what it has not made, and older ones", () => {
    const device = new LightDevice("virtual-000001", "e1");
    for (let count = 0; count < 3; count += 1) device.make(BODY, AT, SEALS);
    device.acknowledge({ sequence: 2, epoch: null });

    expect(device.acknowledge({ sequence: 3, epoch: "e0" })).toEqual([]);
    expect(device.acknowledge({ sequence: 9, epoch: "e1" })).toEqual([]);
    expect(device.acknowledge({ sequence: 1, epoch: "e1" })).toEqual([]);
    expect(device.unacknowledged).toHaveLength(1);
  });
});
