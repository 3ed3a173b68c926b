import { generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { virtualDevice } from "../../../src/lab/fleet/virtual-device.js";
import { virtualTime } from "../../../src/lab/fleet/virtual-time.js";
import { ed25519Verifier } from "../../../src/platform/seals.js";
import { checkReport } from "../../../src/report/parse-report.js";
import { factsOf, quiet, START, someCloud, someDevice, someWorld } from "./fleet-parts.js";

const DAY_MS = 86_400_000;

describe("virtualDevice", () => {
  it("sends a complete report when it starts, as the component does", async () => {
    const cloud = someCloud();
    const device = virtualDevice(someDevice(), someWorld(cloud));

    await device.start();
    await quiet(device);

    expect(cloud.sent.map(({ topic }) => topic.split("/").at(-1))).toEqual(["status", "report"]);
    const report = checkReport(JSON.parse(cloud.sent[1]?.payload ?? ""));
    expect(report).toMatchObject({
      kind: "COMPLETE",
      trigger: "START",
      sequence: 1,
      drift: "IN_SYNC",
      runnable: "RUNNABLE",
      device: { product: "AGX Xavier", jetpack: "4.6.1" },
      agent: { transport: "mqtt", problems: [] },
    });
    expect(device.unacknowledged).toBe(0);
  });

  it("sends a heartbeat a day while nothing changes, in order and acknowledged", async () => {
    const cloud = someCloud();
    const time = virtualTime(START);
    const device = virtualDevice(someDevice(), someWorld(cloud, time));

    await device.start();
    await time.jumpTo(START + 5 * DAY_MS, () => quiet(device));

    const kinds = cloud.received.map((each) => (each.kind === "report" ? each.report.kind : each.kind));
    expect(kinds).toEqual(["COMPLETE", "HEARTBEAT", "HEARTBEAT", "HEARTBEAT", "HEARTBEAT"]);
    expect(cloud.contiguous("press-07-line-2")).toMatchObject({ sequence: 5 });
    expect(device.unacknowledged).toBe(0);
  });

  it("reports what another JetPack means for its model", async () => {
    const cloud = someCloud();
    const device = virtualDevice(someDevice(), someWorld(cloud));
    await device.start();

    await device.change(factsOf("agx-xavier-jp511"));
    await quiet(device);

    const [last] = cloud.received.flatMap((each) => (each.kind === "report" ? each.report : [])).slice(-1);
    expect(last).toMatchObject({ trigger: "FACT_CHANGE", runnable: "WILL_NOT_RUN", device: { jetpack: "5.1.1" } });
    expect(last?.findings.filter(({ severity }) => severity === "BLOCKING").map(({ rule }) => rule)).toEqual([
      "compiler.cuda-ver",
    ]);
  });

  it("answers requests to check, for its facts and to flush", async () => {
    const cloud = someCloud();
    const time = virtualTime(START);
    const device = virtualDevice(someDevice(), someWorld(cloud, time));
    await device.start();
    time.run(1);

    for (const command of ["check", "facts", "flush"])
      cloud.command("press-07-line-2", command, { id: `r-${command}` });
    await expect
      .poll(() => answers(cloud.sent))
      .toEqual({
        check: { id: "r-check", status: "DONE" },
        facts: { id: "r-facts", status: "DONE" },
        flush: { id: "r-flush", status: "DONE" },
      });
    expect(cloud.sent.filter(({ topic }) => topic.endsWith("/facts"))).toHaveLength(1);
    time.stop();
  });

  it("keeps reports while it is unplugged, and sends them when it is back", async () => {
    const cloud = someCloud();
    const time = virtualTime(START);
    const device = virtualDevice(someDevice(), someWorld(cloud, time));
    await device.start();
    await device.unplug();

    await device.change(factsOf("agx-xavier-jp46"));
    await quiet(device);
    expect(device.waiting).toBe(1);
    await device.plug();
    await time.jumpTo(START + DAY_MS / 2, () => quiet(device));

    expect(device.waiting).toBe(0);
    expect(cloud.contiguous("press-07-line-2")).toMatchObject({ sequence: 2 });
  });

  it("says by its last will that it was lost, and by its status that it stops", async () => {
    const cloud = someCloud();
    const device = virtualDevice(someDevice(), someWorld(cloud));
    await device.start();
    await device.stop("lost");
    await device.start();
    await device.stop("in order");

    const told = cloud.sent.filter(({ topic }) => topic.endsWith("/status"));
    expect(told.map(({ payload }) => (JSON.parse(payload) as { why?: string }).why ?? "online")).toEqual([
      "online",
      "connection lost",
      "online",
      "stopped",
    ]);
  });

  it("continues its epoch over a restart, and begins a new one when its state was lost", async () => {
    const cloud = someCloud();
    const device = virtualDevice(someDevice(), someWorld(cloud));
    await device.start();
    await quiet(device);
    await device.stop("in order");
    await device.start();
    await quiet(device);
    await device.loseState();
    await quiet(device);

    const made = cloud.received.flatMap((each) => (each.kind === "report" ? each.report : []));
    expect(made.map(({ sequence }) => sequence)).toEqual([1, 2, 1]);
    expect(new Set(made.map(({ epoch }) => epoch)).size).toBe(2);
    expect(made[0]?.epoch).toBe(made[1]?.epoch);
  });

  it("names the report that it discarded, and not the one that it skipped", async () => {
    const cloud = someCloud();
    const device = virtualDevice(someDevice(), someWorld(cloud));
    await device.start();
    await quiet(device);

    await device.discard();
    await device.check("COMMAND");
    await quiet(device);
    await device.skip();
    await device.check("COMMAND");
    await quiet(device);

    const gaps = cloud.received.flatMap((each) => (each.kind === "gap" ? each : []));
    expect(gaps).toMatchObject([{ fromSequence: 2, toSequence: 2, named: true }]);
    expect(cloud.contiguous("press-07-line-2")).toMatchObject({ sequence: 3 });
    expect(cloud.received.at(-1)).toMatchObject({ kind: "early", report: { sequence: 5 } });
  });

  it("signs every report with its key", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const check = ed25519Verifier(publicKey.export({ type: "spki", format: "pem" }).toString());
    const cloud = someCloud({
      signatures: { verify: (_, text, signature) => check(text, signature), required: "always" },
    });
    const device = virtualDevice(
      someDevice({ sign: (text) => sign(null, Buffer.from(text), privateKey).toString("base64url") }),
      someWorld(cloud),
    );

    await device.start();
    await quiet(device);

    expect(cloud.received.map(({ kind }) => kind)).toEqual(["report"]);
  });
});

/** The answers by command. */
function answers(sent: readonly { readonly topic: string; readonly payload: string }[]): Record<string, unknown> {
  const found = sent.filter(({ topic }) => topic.endsWith("/res"));
  return Object.fromEntries(
    found.map(({ payload }) => {
      const { command, id, status } = JSON.parse(payload) as Record<string, string>;
      return [command, { id, status }];
    }),
  );
}
