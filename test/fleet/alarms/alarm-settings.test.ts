import { describe, expect, it } from "vitest";
import { InvalidInputsError } from "../../../src/base/errors.js";
import { DEFAULT_ALARM_SETTINGS, parseAlarmSettings } from "../../../src/fleet/alarms/alarm-settings.js";

const HOOK = { name: "ops", url: "https://hooks.example/packdrift" };
const withHook = (more: object) => JSON.stringify({ webhooks: [{ ...HOOK, ...more }] });

function problemsOf(text: string): readonly string[] {
  try {
    parseAlarmSettings(text);
  } catch (error) {
    if (error instanceof InvalidInputsError) return error.problems;
    throw error;
  }
  return [];
}

describe("parseAlarmSettings", () => {
  it.each(["", "{}", "causes:", "webhooks: []"])("reads %j as the defaults", (text) => {
    expect(parseAlarmSettings(text)).toEqual(DEFAULT_ALARM_SETTINGS);
    expect(DEFAULT_ALARM_SETTINGS).toEqual({
      causes: { severities: ["BLOCKING", "ERROR"], outcomes: ["DRIFT", "UNKNOWN"], leastThings: 1 },
      silent: { afterHours: null, group: null, severity: "WARNING", settleMinutes: 60 },
      delivery: { severity: "WARNING", gapMinutes: 60, disconnectedMinutes: 5 },
      damping: { everySeconds: 60, raise: 3, of: 5, clear: 5, atOnceThings: 10 },
      webhooks: [],
    });
  });

  it("reads YAML and JSON alike", () => {
    const yaml =
      'silent:\n  afterHours: 48\n  group: "^([a-z]+)-"\nwebhooks:\n  - name: ops\n    url: https://hooks.example\n    severities: [BLOCKING]\n';
    const json = `{"silent":{"afterHours":48,"group":"^([a-z]+)-"},"webhooks":[{"name":"ops","url":"https://hooks.example","severities":["BLOCKING"]}]}`;

    expect(parseAlarmSettings(yaml)).toEqual(parseAlarmSettings(json));
    expect(parseAlarmSettings(yaml)).toMatchObject({
      silent: { afterHours: 48, group: /^([a-z]+)-/u, severity: "WARNING" },
      webhooks: [
        {
          ...{ name: "ops", url: "https://hooks.example/", bearerFile: null, hmacFile: null },
          ...{ severities: ["BLOCKING"], timeoutSeconds: 10, giveUpHours: 24 },
        },
      ],
    });
  });

  it.each<[string, string]>([
    ["dampling: {}", `Unknown key "dampling" in the alarms' settings (did you mean "damping"?)`],
    ["damping: {rais: 2}", `Unknown key "damping.rais" in the alarms' settings (did you mean "raise"?)`],
    [
      withHook({ tiemoutSeconds: 3 }),
      `Unknown key "webhooks[0].tiemoutSeconds" in the alarms' settings (did you mean "timeoutSeconds"?)`,
    ],
    ["{constructor: 1}", `Unknown key "constructor" in the alarms' settings`],
    ["damping: {raise: 6}", `"damping.raise" must be 5 or less, as "of" is, is 6`],
    ["damping: {everySeconds: 0}", `"damping.everySeconds" must be 1 or more, is 0`],
    ["damping: {everySeconds: 1.5}", `"damping.everySeconds" must be a whole number, is 1.5`],
    ["damping: []", `"damping" must be a map, is a list of 0`],
    [
      "causes: {severities: [BLOCKING, BLOCKING]}",
      `"causes.severities" must be a list of different severities, is a list of 2`,
    ],
    ["causes: {severities: BLOCKING}", `"causes.severities" must be a list, is "BLOCKING"`],
    ["causes: {outcomes: [MATCH]}", `"causes.outcomes[0]" must be "DRIFT" or "UNKNOWN", is "MATCH"`],
    ["silent: {group: '('}", `"silent.group" must be a regular expression, is "("`],
    ["silent: {group: abc}", `"silent.group" must be a regular expression with a group, such as ^([a-z]+)-, is "abc"`],
    ["silent: {afterHours: soon}", `"silent.afterHours" must be a whole number, is "soon"`],
    ["webhooks: 5", `"webhooks" must be a list, is 5`],
    [
      withHook({ name: "Ops!" }),
      `"webhooks[0].name" must be letters (a-z), digits and "-", 1 to 32 of them, is "Ops!"`,
    ],
    [withHook({ url: "ftp://hooks.example" }), `"webhooks[0].url" must be an http or https URL, is "another text"`],
    [withHook({ url: undefined }), `"webhooks[0].url" must be an http or https URL, is missing`],
    [withHook({ bearerFile: "token" }), `"webhooks[0].bearerFile" must be an absolute path, is "token"`],
    [
      withHook({ url: "http://hooks.example", bearerFile: "/run/token" }),
      `"webhooks[0].url" must be https, or on loopback, since a token is sent, is "http"`,
    ],
  ])("refuses %s", (text, problem) => {
    expect(problemsOf(text).map((one) => one.replace("Cannot read the alarms' settings: ", ""))).toEqual([problem]);
  });

  it("never shows a password in an address", () => {
    const [problem] = problemsOf(withHook({ url: "https://ada:secret@hooks.example" }));

    expect(problem).toContain("must be a URL without user and password (use bearerFile)");
    expect(problem).not.toContain("secret");
  });

  it("refuses two webhooks of one name", () => {
    expect(problemsOf(JSON.stringify({ webhooks: [HOOK, HOOK] }))[0]).toContain("a list of different names");
  });

  it("names every problem at once, eight at most", () => {
    expect(problemsOf("{causes: {leastThings: 0}, damping: {of: 0}, other: 1}")).toHaveLength(3);
    expect(
      problemsOf(JSON.stringify(Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`k${at}`, 1])))),
    ).toHaveLength(8);
  });

  it.each(["[]", "5", "a: [", "{a: 1, a: 2}"])("refuses %j with an error of ours", (text) => {
    expect(() => parseAlarmSettings(text)).toThrow(/Cannot read/);
  });

  it("allows a token to loopback without TLS", () => {
    expect(problemsOf(withHook({ url: "http://127.0.0.1:9/x", bearerFile: "/run/token" }))).toEqual([]);
    expect(problemsOf(withHook({ url: "http://127.0.0.1.example.org/x", bearerFile: "/run/token" }))).toHaveLength(1);
  });
});
