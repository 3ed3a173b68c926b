import { describe, expect, it } from "vitest";
import { commandTopic, isAddressable, subscriptionFilters } from "../../../src/fleet/feed/device-topics.js";
import { TOPIC_PREFIXES } from "../../../src/fleet/ingest/fleet-topics.js";

describe("subscriptionFilters", () => {
  it("names everything that devices publish for the fleet, shared within a group", () => {
    expect(subscriptionFilters(TOPIC_PREFIXES, null)).toEqual([
      "dt/packdrift/v1/+/report",
      "dt/packdrift/v1/+/heartbeat",
      "dt/packdrift/v1/+/facts",
      "dt/packdrift/v1/+/status",
      "cmd/packdrift/v1/+/+/res",
    ]);
    expect(subscriptionFilters({ data: "a", commands: "b" }, "east")[4]).toBe("$share/east/b/+/+/res");
  });
});

describe("isAddressable", () => {
  it("refuses things whose name would reach others", () => {
    expect(["line-4", "all", "a/b", "+", "#"].map(isAddressable)).toEqual([true, false, false, false, false]);
    expect(commandTopic(TOPIC_PREFIXES, "line-4", "ack")).toBe("cmd/packdrift/v1/line-4/ack/req");
  });
});
