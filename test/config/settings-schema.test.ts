import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { parseSettings } from "../../src/config/parse-settings.js";
import { settingsSchema } from "../../src/config/settings-schema.js";
import { KEYS } from "../../src/config/table.js";

const FILE = new URL("../../src/config/settings.schema.json", import.meta.url);
const accepts = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false, allErrors: false }).compile(
  settingsSchema(),
);

const GEAR = { project: "gear-teeth", job: "gear-teeth-sm72" };
const MQTT = { endpoint: "iot.example", cert: "/c.pem", key: "/k.pem" };
/** Values of each setting, good and bad. */
const VALUES: Readonly<Record<(typeof KEYS)[number], readonly unknown[]>> = {
  jobs: [
    [],
    [GEAR],
    GEAR,
    { a: GEAR, b: null },
    { a: { component: "com.example.Caps" } },
    { a: GEAR, b: 7 },
    { a: null },
    { project: null, job: GEAR },
    { project: null, job: null },
    { project: "null", x: null },
    { project: null, x: GEAR },
    { project: "gear-teeth", x: GEAR },
    [{ project: "p" }],
    [{ job: "j" }],
    [{ project: "p", component: "c" }],
    [{ ...GEAR, component: "c" }],
    [{ ...GEAR, component: null, compilationJob: "null" }],
    [{ compilationJob: "neo-1" }],
    [{ compilationJob: "neo-1", component: "c" }],
    [{ compilationJob: "neo-1", project: "p" }],
    [{ compilationJob: "-neo" }],
    [{ project: "a/b", job: "j" }],
    [{ ...GEAR, jbo: 1 }],
    Array.from({ length: 51 }, () => GEAR),
    "gear",
    7,
  ],
  source: [
    {},
    { type: "auto" },
    { type: "archive" },
    { type: null },
    { type: "null", path: "/jobs" },
    { type: "archive", endpoint: "https://archive.example/a" },
    { type: "archive", endpoint: null },
    { type: "file" },
    { type: "file", path: "/jobs" },
    { type: "file", path: "" },
    { type: "s3" },
    { endpoint: "https://user@h" },
    { region: "eu-west-1" },
    { region: "Frankfurt" },
    { tpye: "api" },
    "api",
  ],
  schedule: ["0 */6 * * *", "*/10 0 */6 * * *", "hourly", "0 100 * * *", "0 * * *", 6],
  jitterSeconds: [0, 86_400, 86_401, -1, 1.5, "60", "soon", true],
  heartbeatHours: [1, 720, 0, 721, " 24 "],
  topicPrefix: ["dt/packdrift/v1", "a/b/c/d", "a/b/c/d/e", "dt/+/x", "dt//x", "$aws/x", "", "a".repeat(61)],
  commandPrefix: ["cmd", "/cmd", "cmd/#"],
  echoSeconds: [0, 240, 241],
  watchSeconds: [0, 300, "300", []],
  transport: ["ipc", "mqtt", "http"],
  mqtt: [
    MQTT,
    { ...MQTT, port: 443, clientId: "line-4", ca: "/ca.pem" },
    { ...MQTT, port: 0 },
    { ...MQTT, port: null },
    { ...MQTT, port: "null" },
    { ...MQTT, endpoint: "https://iot.example" },
    { ...MQTT, key: "k.pem" },
    { endpoint: "iot.example" },
    { ...MQTT, user: "x" },
  ],
  signingKey: ["/k.pem", "k.pem"],
  shadow: [true, "true", "yes", 1],
  localTopic: ["packdrift/reports", "packdrift/*", "packdrift/+"],
  cloudwatchMetrics: ["Packdrift", "AWS/Packdrift", ""],
  vetoBadConfiguration: [false, "false", 0],
  deployedVersion: [["artifacts"], "edge-agent", ["com.example.Caps=1.0.0"], ["guess"], { a: "artifacts" }],
  edgeAgentSocket: ["unix:///tmp/agent.sock", "/tmp/agent.sock"],
  waivers: [
    [{ rule: "target.device", reason: "known" }],
    { a: { rule: "target.device", reason: "known", path: "x", expires: "2027-01-31" } },
    [{ rule: "target.device" }],
    [{ rule: "target.device", reason: "" }],
  ],
  damping: [
    [{ rule: "target.device" }],
    [{ rule: "x", raiseAfter: 0 }],
    [{ raiseAfter: 2 }],
    { rule: "x", clearAfter: 3 },
    { a: { rule: "x", clearAfter: null, raiseAfter: "null" } },
    { rule: null, a: { rule: "x" } },
    { rule: null },
  ],
  maxCopyAgeDays: [1, 36_500, 0],
  maxMessageBytes: [4_000, 120_000, 3_999, "7000"],
  outboxMaxBytes: [65_536, 65_535, 2 ** 30 + 1],
  logLevel: ["debug", "loud"],
};

describe("settings.schema.json", () => {
  it("is what the code makes of the table of settings (else: npm run schemas)", () => {
    expect(JSON.parse(readFileSync(FILE, "utf8"))).toEqual(settingsSchema());
  });

  it("describes each setting, with its default", () => {
    const { properties } = settingsSchema() as { properties: Record<string, Record<string, unknown>> };

    for (const key of KEYS) {
      expect(properties[key]?.description).toMatch(/\.$/);
      expect(properties[key]).toHaveProperty("default");
    }
  });

  it.each(KEYS)("accepts the same values of %s as the parser, and null", (key) => {
    for (const value of [...VALUES[key], null, "null"]) {
      const settings = { [key]: value, ...(key === "transport" ? { mqtt: MQTT } : {}) };
      expect([value, accepts(settings)]).toEqual([value, parses(settings)]);
    }
  });

  it("accepts the defaults, and mqtt as a transport only with a broker", () => {
    expect(accepts(Object.fromEntries(KEYS.map((key) => [key, parseSettings({})[key]])))).toBe(true);
    expect(accepts({ transport: "mqtt" })).toBe(false);
    expect(accepts({ transport: "mqtt", mqtt: MQTT })).toBe(true);
  });

  it("accepts what Greengrass and editors add, and no unknown key", () => {
    const added = {
      nodePath: "/usr/bin/node",
      accessControl: {},
      $schema: "https://packdrift.io/schema/settings-1.json",
    };

    expect([accepts(added), parses(added)]).toEqual([true, true]);
    expect([accepts({ Schedule: "x" }), parses({ Schedule: "x" })]).toEqual([false, false]);
  });

  it("accepts the recipe's default configuration", () => {
    const recipe = parse(readFileSync(new URL("../../recipe/recipe.yaml", import.meta.url), "utf8"));

    expect(accepts(recipe.ComponentConfiguration.DefaultConfiguration)).toBe(true);
  });
});

function parses(settings: unknown): boolean {
  try {
    parseSettings(settings);
    return true;
  } catch {
    return false;
  }
}
