import { describe, expect, it } from "vitest";
import { billsFor, type MonthlyUse } from "../../../bench/fleet-million/aws-cost.js";
import { type FleetLoad, quotasFor } from "../../../bench/fleet-million/aws-quotas.js";

const MILLION: FleetLoad = {
  things: 1_000_000,
  echoSeconds: 240,
  returnPerSecond: 525,
  returnReports: 1_050_000,
  messageBytes: 1_000,
  storedPerSecond: 4_000,
  storedBy: "4 receivers on PostgreSQL",
};
const overOf = (load: FleetLoad) => quotasFor(load).flatMap(({ what, isMet }) => (isMet ? [] : [what]));

describe("quotasFor", () => {
  it("names the quotas that a million devices exceed", () => {
    expect(overOf(MILLION)).toEqual([
      "connections of an account",
      "subscriptions of an account",
      "subscriptions a second",
      "publishes a second of one connection, received ones included",
    ]);
  });

  it("finds nothing exceeded by a thousand devices", () => {
    expect(overOf({ ...MILLION, things: 1_000, returnPerSecond: 30, returnReports: 1_000 })).toEqual([]);
  });

  it("counts how many receivers a fast return needs on AWS", () => {
    const found = quotasFor(MILLION).find(({ what }) => what.startsWith("publishes a second"));

    expect(found?.follows).toMatch(/^11 receivers in a group/);
  });

  it("has a source for every quota", () => {
    expect(quotasFor(MILLION).filter(({ source }) => source === "")).toEqual([]);
  });
});

const USE: MonthlyUse = {
  things: 1_000_000,
  reports: 30_000_000,
  messageBytes: 1_000,
  echoSeconds: 240,
  storeGb: 20,
  cpuMsOfMessage: 0.5,
};
const billOf = (use: MonthlyUse, title: string) => billsFor(use).find((bill) => bill.title.startsWith(title));

describe("billsFor", () => {
  it("adds up what its lines come to", () => {
    for (const { lines, dollars } of billsFor(USE)) {
      expect(dollars).toBeCloseTo(lines.reduce((sum, line) => sum + line.dollars, 0));
    }
  });

  it("counts six messages for a report that a receiver takes from the broker", () => {
    expect(billOf(USE, "Twelve")?.lines[0]).toEqual({
      what: "IoT Core: messages",
      amount: "180 M",
      dollars: 180,
    });
  });

  it("charges a message for each 5 KB begun", () => {
    const long = billOf({ ...USE, messageBytes: 5_121 }, "Twelve");

    expect(long?.lines[0]?.dollars).toBe(240);
  });

  it("charges the echo by tiers: a million devices every four minutes are 21,600 million messages", () => {
    expect(billOf(USE, "Beside")?.dollars).toBeCloseTo(1_000 + 3_200 + 16_600 * 0.7);
  });

  it("charges nothing for an echo that is off", () => {
    expect(billOf({ ...USE, echoSeconds: 0 }, "Beside")?.dollars).toBe(0);
  });
});
