import { describe, expect, it } from "vitest";
import { cloudEventOf } from "../../../src/fleet/alarms/notice.js";
import { someAlarm } from "./some-alarm.js";

const AT = "2026-11-29T12:00:00.000Z";

describe("cloudEventOf", () => {
  it("is an event of CloudEvents 1.0 with what an operator needs first", () => {
    expect(JSON.parse(cloudEventOf(someAlarm(), "raised", AT, "/packdrift/fleet"))).toEqual({
      specversion: "1.0",
      id: "cause-1.1.1",
      source: "/packdrift/fleet",
      type: "io.packdrift.fleet.alarm.raised",
      subject: "cause-1",
      time: AT,
      datacontenttype: "application/json",
      data: {
        ...{ alarm: "cause-1", kind: "CAUSE", severity: "BLOCKING", status: "ACTIVE" },
        title: "compiler.trt-ver: expected 8.2.1, actual 8.5.2 on 3 devices",
        ...{ things: 3, most: 3, times: 1, firstAt: AT, clearedAt: null, acknowledgedBy: null },
        ...{ cause: "c1", rule: "compiler.trt-ver", expected: "8.2.1", actual: "8.5.2", example: "cam-1" },
      },
    });
  });

  it("names the devices that a cleared alarm had", () => {
    const cleared = someAlarm({ status: "CLEARED", things: 0, most: 12, clearedAt: AT });

    expect(JSON.parse(cloudEventOf(cleared, "cleared", AT, "/x")).data).toMatchObject({
      ...{ things: 0, most: 12, clearedAt: AT },
      title: "compiler.trt-ver: expected 8.2.1, actual 8.5.2 on 12 devices",
    });
  });
});
