import { describe, expect, it } from "vitest";
import { type Attempt, type PolicyAttempts, policyLines } from "../../../src/commands/doctor/examine-policies.js";
import { isGranted } from "../../../src/commands/doctor/granted.js";
import { parseSettings } from "../../../src/config/parse-settings.js";

const GRANTED: Attempt = { kind: "granted" };
const UNTRIED: Attempt = { kind: "not tried", why: "since nucleus lite would send the message" };
const PROXY = "aws.greengrass.ipc.mqttproxy";
const PUBLISH = "aws.greengrass#PublishToIoTCore";
const accessControl = {
  [PROXY]: { one: { operations: [PUBLISH], resources: ["dt/packdrift/v1/*/report", "cmd/+/x", "deep/#"] } },
};
const all = (attempt: Attempt): PolicyAttempts => ({
  publish: async () => attempt,
  subscribe: async () => attempt,
  readShadow: async () => attempt,
  writeShadow: async () => attempt,
});
const lines = async (attempts: PolicyAttempts, raw: object = {}, control: unknown = accessControl) =>
  Object.fromEntries(
    (await policyLines({ thing: "line-4", settings: parseSettings(raw), accessControl: control, attempts })).map(
      ({ id, ...line }) => [id, line],
    ),
  );

describe("policyLines", () => {
  it("pass when the nucleus grants everything", async () => {
    const found = await lines(all(GRANTED), { shadow: true });

    expect(Object.values(found).map(({ state }) => state)).toEqual(["OK", "OK", "OK", "NOT_TRIED"]);
  });

  it("use the access control when nothing can be tried, and name what it lacks", async () => {
    const found = await lines(all(UNTRIED));

    expect(found["policy.publish"]).toMatchObject({
      state: "PROBLEM",
      found:
        "the access control on this device lacks dt/packdrift/v1/line-4/heartbeat, dt/packdrift/v1/line-4/facts, cmd/packdrift/v1/line-4/doctor/res, dt/packdrift/v1/line-4/echo",
    });
  });

  it("distinguish a policy that denies from a cloud that does not answer", async () => {
    const denied = await lines(all({ kind: "refused", why: "UnauthorizedError: no" }));
    const offline = await lines(all({ kind: "refused", why: "ServiceError: offline" }));

    expect(denied["policy.subscribe"]?.fix).toMatch(/^Deploy the component with "reset": \["\/accessControl"\]/);
    expect(offline["policy.subscribe"]?.fix).toMatch(/^Check that the device is online/);
  });

  it("use the access control for the local topic, since a trial would publish", async () => {
    const found = await lines(all(GRANTED), { localTopic: "packdrift/reports" });

    expect(found["policy.local"]).toMatchObject({ state: "PROBLEM", found: "it lacks packdrift/reports" });
  });
});

describe("isGranted", () => {
  it.each([
    ["dt/packdrift/v1/line-4/report", true],
    ["dt/packdrift/v1/a/b/report", true],
    ["dt/packdrift/v1/line-4/reports", false],
    ["cmd/a/x", true],
    ["cmd/a/b/x", false],
    ["deep/er/still", true],
    ["deep", true],
    ["deeper", false],
  ])("reads the wildcards of resources as a nucleus does: %s", (topic, granted) => {
    expect(isGranted(accessControl, PROXY, PUBLISH, topic)).toBe(granted);
  });

  it("grants nothing by a malformed access control", () => {
    expect(
      [null, { [PROXY]: 7 }, { [PROXY]: { one: { operations: "*", resources: ["*"] } } }].map((control) =>
        isGranted(control, PROXY, PUBLISH, "x"),
      ),
    ).toEqual([false, false, false]);
  });
});
