// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Greengrass's own escapes.
import { describe, expect, it } from "vitest";
import { isAllowed } from "../../src/lab/authorisation.js";
import { FLAVOURS } from "./lab-parts.js";

const MQTT = "aws.greengrass.ipc.mqttproxy";
const PUBSUB = "aws.greengrass.ipc.pubsub";

function allowed(flavour: "classic" | "lite", service: string, written: string, resource: string): boolean {
  const accessControl = { [service]: { id: { operations: ["op"], resources: [written] } } };
  return isAllowed({ flavour, resolve: (text) => text }, accessControl, { service, operation: "op", resource });
}

describe.each(FLAVOURS)("isAllowed on %s", (flavour) => {
  it.each([
    ["*", "anything/at/all", true],
    ["dt/*", "dt/a/b", true],
    ["dt/*", "dt", false],
    ["dt/*/report", "dt/a/b/report", true],
    ["dt/*/report", "dt/a/b/reports", false],
    ["dt/a", "dt/a", true],
    ["dt.a", "dtxa", false],
    ["dt/${*}", "dt/*", true],
    ["dt/${*}", "dt/x", false],
    ["dt/+/x", "dt/a/x", true],
    ["dt/+/x", "dt/a/b/x", false],
    ["dt/#", "dt/a/b", true],
    ["dt/?", "dt/a", false],
    ["dt/${x}", "dt/x", false],
    ["", "", false],
  ])("matches the MQTT resource %s with %s: %s", (written, resource, expected) => {
    expect(allowed(flavour, MQTT, written, resource)).toBe(expected);
  });

  it.each([
    ["local/+", "local/a", false],
    ["local/+", "local/+", true],
    ["local/#", "local/a", false],
    ["local/*", "local/#", true],
  ])("matches the local resource %s with %s: %s", (written, resource, expected) => {
    expect(allowed(flavour, PUBSUB, written, resource)).toBe(expected);
  });

  it.each([
    ["another service", { other: { id: { operations: ["op"], resources: ["*"] } } }],
    ["another operation", { [MQTT]: { id: { operations: ["other"], resources: ["*"] } } }],
    ["a misspelt key", { [MQTT]: { id: { opertaions: ["op"], resources: ["*"] } } }],
    ["no resources", { [MQTT]: { id: { operations: ["op"] } } }],
    ["resources that are no list", { [MQTT]: { id: { operations: ["op"], resources: "*" } } }],
    ["a policy that is no map", { [MQTT]: { id: "op" } }],
    ["no accessControl", undefined],
  ])("grants nothing for %s", (_, accessControl) => {
    const permission = { service: MQTT, operation: "op", resource: "x" };
    expect(isAllowed({ flavour, resolve: (text) => text }, accessControl, permission)).toBe(false);
  });

  it("grants every operation by *, in any of several policies", () => {
    const accessControl = {
      [MQTT]: { one: { operations: ["op"], resources: ["a"] }, two: { operations: ["*"], resources: ["b"] } },
    };
    const permission = { service: MQTT, operation: "op", resource: "b" };
    expect(isAllowed({ flavour, resolve: (text) => text }, accessControl, permission)).toBe(true);
  });
});

describe("isAllowed", () => {
  it("includes the parent in `a/#` and mixes `*` with MQTT wildcards on classic only", () => {
    expect(FLAVOURS.map((flavour) => allowed(flavour, MQTT, "dt/#", "dt"))).toEqual([true, false]);
    expect(FLAVOURS.map((flavour) => allowed(flavour, MQTT, "d*/+/x", "dt/a/x"))).toEqual([true, false]);
  });

  it("refuses a topic with a question mark on lite, whatever the policy", () => {
    expect(FLAVOURS.map((flavour) => allowed(flavour, MQTT, "*", "a?b"))).toEqual([true, false]);
  });
});
