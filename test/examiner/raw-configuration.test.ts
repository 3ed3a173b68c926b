import { describe, expect, it } from "vitest";
import { InvalidInputError } from "../../src/base/errors.js";
import { parseConfiguration, problemOf, rawMembers } from "../../src/examiner/raw-configuration.js";

const YAML = "# a device without Greengrass\ntransport: mqtt\nsource:\n  type: file\n  path: /etc/jobs\n";

describe("rawMembers", () => {
  it.each([
    ["an object", { transport: "mqtt", source: { type: "file", path: "/etc/jobs" } }],
    ["YAML text", YAML],
    ["JSON text", '{"transport": "mqtt", "source": {"type": "file", "path": "/etc/jobs"}}'],
  ])("reads the members of %s", (_, raw) => {
    expect(rawMembers(raw)).toEqual({ transport: "mqtt", source: { type: "file", path: "/etc/jobs" } });
  });

  it.each([null, undefined, 7, [], "", "- a list", "just text", "a: [", { toString: 1 }.toString])(
    "has no members for %j",
    (raw) => {
      expect(rawMembers(raw)).toEqual({});
    },
  );
});

describe("parseConfiguration", () => {
  it("puts single settings in place of the configuration's own, whether it is an object or text", () => {
    for (const raw of [{ jitterSeconds: 60, logLevel: "debug" }, "jitterSeconds: 60\nlogLevel: debug"]) {
      expect(parseConfiguration(raw, { jitterSeconds: 0 })).toMatchObject({ jitterSeconds: 0, logLevel: "debug" });
    }
  });

  it.each([
    ["a list", [], "must be an object"],
    ["a list as text", "- a", "must be an object"],
    ["text that is not YAML", "a: [", "Cannot read YAML"],
    ["a schedule that the scheduler refuses", { schedule: "61 * * * *" }, 'Cannot read setting "schedule"'],
  ])("refuses %s", (_, raw, why) => {
    expect(() => parseConfiguration(raw)).toThrow(InvalidInputError);
    expect(() => parseConfiguration(raw)).toThrow(why);
  });
});

describe("problemOf", () => {
  const ours = { "aws.greengrass.ipc.mqttproxy": { "io.packdrift.Monitor:pub:1": {} } };
  const others = { "aws.greengrass.ipc.mqttproxy": { "com.example.Other:pub:1": {} } };

  it.each([
    ["a good one of ours", { accessControl: ours, jobs: [] }],
    ["another component's", { accessControl: others, jobs: "none", schedule: "never" }],
    ["one without access control and jobs", { schedule: "never" }],
    ["nothing", null],
  ])("finds nothing wrong with %s", (_, raw) => {
    expect(problemOf(raw)).toBe(null);
  });

  it.each([
    ["ours by its access control", { accessControl: ours, schedule: "never" }],
    ["ours by its jobs", { jobs: [], schedule: "never" }],
    ["ours by its jobs, with an empty access control", { accessControl: {}, jobs: [], schedule: "never" }],
  ])("says what is wrong with %s", (_, raw) => {
    expect(problemOf(raw)).toContain('Cannot read setting "schedule"');
  });
});
