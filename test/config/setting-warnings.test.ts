import { describe, expect, it } from "vitest";
import { liteMergeRefusals, liteRefusals, liteWarnings } from "../../src/config/lite-limits.js";
import { parseSettings } from "../../src/config/parse-settings.js";
import { settingWarnings } from "../../src/config/setting-warnings.js";
import { jobMap } from "./job-map.js";

const MQTT = { endpoint: "iot.example", cert: "/c.pem", key: "/k.pem" };
const KNOWN = { ruleIds: ["target.os", "target.device"], isExpired: () => false };
const GEAR = { project: "gear-teeth", job: "gear-teeth-sm72" };
const FILE = { type: "file", path: "/jobs" };

const warningsOf = (raw: object, known = KNOWN) =>
  settingWarnings(parseSettings(raw), known).map(({ path, message, fix }) => `${path} | ${message} | ${fix}`);

describe("settingWarnings", () => {
  it("warns of nothing in the defaults and in an ordinary configuration", () => {
    expect(warningsOf({})).toEqual([]);
    expect(warningsOf({ jobs: [GEAR], source: FILE, transport: "mqtt", mqtt: MQTT })).toEqual([]);
  });

  it.each([
    [{ mqtt: MQTT }, /^mqtt \| .* has no effect while "transport" is ipc \| set "transport" to mqtt/],
    [{ source: { type: "api" } }, /^source\.type \| Amazon Lookout for Vision ended on 2025-10-31.* \| .*recover-jobs/],
    [{ jobs: [GEAR] }, /^source\.type \| .*the last good copy/],
    [
      { source: { ...FILE, endpoint: "http://a" } },
      /^source\.endpoint \| .* has no effect while "source.type" is file/,
    ],
    [{ source: { type: "model", region: "eu-west-1" } }, /^source\.region \| .*is model/],
    [{ source: { type: "archive", endpoint: "http://a", path: "/x" } }, /^source\.path \| .*is archive/],
    [{ jobs: [GEAR, GEAR], source: FILE }, /^jobs\[1\] \| Entry 2 of "jobs" repeats an earlier one \| remove it/],
    [{ jobs: [GEAR], source: { type: "model" } }, /^jobs\[0\] \| .*"source.type" is model: no job is described/],
    [{ waivers: { rule: "targt.device", reason: "x" } }, /^waivers\[0\]\.rule \| .*did you mean "target.device"/],
    [{ damping: { rule: "target.os" } }, /^damping\[0\] \| .* has no effect: raiseAfter and clearAfter are 1/],
    [{ topicPrefix: "dt/other" }, /^topicPrefix \| .*policies.* \| allow topics below "dt\/other" in the recipe's/],
    [{ localTopic: "factory/drift" }, /^localTopic \| .*only allows local topics below "packdrift\/"/],
    [{ edgeAgentSocket: "unix:///tmp/other.sock" }, /^edgeAgentSocket \| .* has no effect: .* \| add edge-agent/],
  ])("warns about %j, with a fix", (raw, expected) => {
    expect(warningsOf(raw)).toEqual([expect.stringMatching(expected)]);
  });

  it("warns about an expired waiver", () => {
    const waivers = { rule: "target.device", reason: "x", expires: "2025-01-01" };

    expect(warningsOf({ waivers }, { ...KNOWN, isExpired: () => true })).toEqual([
      expect.stringMatching(/^waivers\[0\]\.expires \| .* expired on 2025-01-01: it has no effect/),
    ]);
  });
});

describe("liteWarnings", () => {
  it("names what does nothing on nucleus lite, or ends the connection", () => {
    const warnings = liteWarnings(parseSettings({ maxMessageBytes: 100_000, vetoBadConfiguration: true }));

    expect(warnings.map(({ path }) => path)).toEqual(["maxMessageBytes", "vetoBadConfiguration"]);
    expect(liteWarnings(parseSettings({}))).toEqual([]);
    expect(liteWarnings(parseSettings({ transport: "mqtt", mqtt: MQTT, maxMessageBytes: 100_000 }))).toEqual([]);
  });
});

describe("liteRefusals", () => {
  const many = Array.from({ length: 22 }, (_, at) => ({ project: "bottle-caps", job: `bottle-caps-x86-cpu-${at}` }));

  it("names lists over 1,024 bytes, and the way around them", () => {
    expect(liteRefusals({ jobs: many })).toEqual([
      {
        path: "jobs",
        message: expect.stringMatching(/"jobs" is 1\d{3} bytes of JSON, and a list or string may have at most 1024/),
        fix: expect.stringContaining('write "jobs" as a map with names of your own'),
      },
    ]);
  });

  it("names settings with more keys and values than an answer of nucleus lite has", () => {
    expect(liteRefusals({ jobs: jobMap(41) })).toEqual([]);
    expect(liteRefusals({ jobs: jobMap(42) })).toEqual([
      {
        path: "jobs",
        message:
          'Nucleus lite could not send "jobs" to packdrift: it has 252 keys and values, and 251 fit into an answer',
        fix: expect.stringContaining("41 jobs of {project, job} at most"),
      },
    ]);
  });

  it("accepts maps whose JSON is longer than 1,024 bytes, and lists of up to 1,024 bytes", () => {
    expect(liteRefusals({ jobs: Object.fromEntries(many.map((job, at) => [`line-${at}`, job])) })).toEqual([]);
    expect(liteRefusals({ accessControl: { topics: ["a".repeat(2_000)] } })).toEqual([]);
    expect(liteRefusals({ deployedVersion: ["a".repeat(1_020)] })).toEqual([]);
    expect(liteRefusals({ deployedVersion: ["a".repeat(1_021)] })).toHaveLength(1);
  });
});

describe("liteMergeRefusals", () => {
  it("names a configuration that is too long for one deployment", () => {
    expect(liteMergeRefusals({ jobs: jobMap(33) })).toEqual([]);
    expect(liteMergeRefusals({ jobs: jobMap(34) })).toEqual([
      {
        path: "",
        message: expect.stringContaining("it has 103 keys, and its memory holds about 100"),
        fix: expect.stringContaining("each with at most 33 jobs"),
      },
    ]);
  });
});
