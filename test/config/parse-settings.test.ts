import { describe, expect, it } from "vitest";
import { parseSettings } from "../../src/config/parse-settings.js";
import { settingRows } from "../../src/config/table.js";
import { startCpuTime } from "../cpu-time.js";

const errorOf = (raw: unknown): string => {
  try {
    parseSettings(raw);
  } catch (error) {
    return (error as Error).message;
  }
  return "accepted";
};

describe("parseSettings", () => {
  it("returns the default of every setting", () => {
    const settings = parseSettings({});

    expect(Object.entries(settings)).toEqual(settingRows().map(({ key, fallback }) => [key, fallback]));
  });

  it("accepts the strings that nucleus lite makes of YAML scalars", () => {
    const raw = {
      jitterSeconds: "60",
      heartbeatHours: "12",
      maxMessageBytes: "7000",
      waivers: "null",
      logLevel: "debug",
    };

    expect(parseSettings(raw)).toMatchObject({
      jitterSeconds: 60,
      heartbeatHours: 12,
      maxMessageBytes: 7_000,
      waivers: [],
      logLevel: "debug",
    });
  });

  it("accepts the floats that the cloud makes of numbers, and one job in place of a list", () => {
    const job = { project: "bolts", job: "inspect-7" };

    expect(parseSettings({ jobs: job, jitterSeconds: 60.0 })).toMatchObject({ jobs: [job], jitterSeconds: 60 });
  });

  it("accepts null as a string inside lists and maps too", () => {
    const raw = {
      jobs: [{ project: "bolts", job: "inspect-7", component: "null" }],
      source: { type: "api", region: "null" },
    };

    expect(parseSettings(raw)).toMatchObject({ jobs: [{ component: null }], source: { region: null, endpoint: null } });
  });

  it("damps nothing by default: a count that is left out is 1", () => {
    expect(parseSettings({ damping: { rule: "target.device", clearAfter: "3" } }).damping).toEqual([
      { rule: "target.device", raiseAfter: 1, clearAfter: 3 },
    ]);
  });

  it("leaves what Greengrass keeps in the configuration alone", () => {
    expect(errorOf({ accessControl: { any: "thing" }, nodePath: "/usr/bin/node" })).toBe("accepted");
  });

  it.each([
    [{ jitterSeconds: -1 }, 'Cannot read setting "jitterSeconds": must be 0 or more, is -1'],
    [{ jitterSeconds: "soon" }, 'Cannot read setting "jitterSeconds": must be a number, is "soon"'],
    [{ jitterSeconds: 1.5 }, 'Cannot read setting "jitterSeconds": must be a whole number, is 1.5'],
    [{ jitterSeconds: "1e99" }, 'Cannot read setting "jitterSeconds": must be 86400 or less, is "1e99"'],
    [{ logLevel: "loud" }, 'Cannot read setting "logLevel": must be one of debug, info, warn, error, is "loud"'],
    [
      { schedule: "hourly" },
      'Cannot read setting "schedule": must be a cron expression of 5 or 6 fields, in UTC, is "hourly"',
    ],
    [
      { topicPrefix: "dt/+/x" },
      'Cannot read setting "topicPrefix": must be a topic without wildcards, blanks and empty levels, not beginning with "$", is "dt/+/x"',
    ],
    [{ topicPrefix: "a/b/c/d/e" }, 'Cannot read setting "topicPrefix": must be at most 4 levels, is "a/b/c/d/e"'],
    [
      { source: { type: "archive" } },
      'Cannot read setting "source": must be an endpoint, since type is archive, is {"type":"archive"}',
    ],
    [
      { source: { type: "api", endpoint: "https://u:p@h" } },
      'Cannot read setting "source.endpoint": must be an http or https URL without credentials, is "https://…@h"',
    ],
    [{ source: { type: "api", endpont: "x" } }, 'Unknown setting "source.endpont" (did you mean "endpoint"?)'],
    [{ Schedule: "* * * * *" }, 'Unknown setting "Schedule" (did you mean "schedule"?)'],
    [
      { jobs: [{ project: "bolts", job: "a/b" }] },
      'Cannot read setting "jobs[0].job": must be a job name: letters, digits and "-", 1 to 64 of them, is "a/b"',
    ],
    [
      { jobs: [{ project: "bolts" }] },
      'Cannot read setting "jobs[0]": must be {project, job}, {project, component}, {component}, {compilationJob} or {compilationJob, component}, is {"project":"bolts"}',
    ],
    [{ jobs: [{ project: "bolts", job: 7 }] }, 'Cannot read setting "jobs[0].job": must be a string, is 7'],
    [
      { deployedVersion: ["guess"] },
      'Cannot read setting "deployedVersion[0]": must be component-details, edge-agent, artifacts, configuration or NAME=x.y.z, is "guess"',
    ],
    [{ "\u009b2J": 1 }, 'Unknown setting "\\u009b2J"'],
    [{ schedule: "\u0085" }, expect.stringContaining('is "\\u0085"')],
    [
      { damping: [{ rule: "x", raiseAfter: 0 }] },
      'Cannot read setting "damping[0].raiseAfter": must be 1 or more, is 0',
    ],
    [{ damping: [{ raiseAfter: 2 }] }, 'Cannot read setting "damping[0].rule": must be a string, is missing'],
    [{ jobs: "bolts" }, 'Cannot read setting "jobs[0]": must be a map, is "bolts"'],
    [{ source: "api" }, 'Cannot read setting "source": must be a map, is "api"'],
    [{ deployedVersion: { first: "artifacts" } }, expect.stringContaining('is {"first":"artifacts"}')],
    [[], "Cannot read the configuration: must be an object, is []"],
    [null, "Cannot read the configuration: must be an object, is null"],
  ])("refuses %j and says what was found and what is needed", (raw, message) => {
    expect(errorOf(raw)).toEqual(message);
  });

  const long = "é".repeat(40);
  it.each([
    [{ topicPrefix: "dt//v1" }, "empty levels"],
    [{ topicPrefix: "dt/v1/" }, "empty levels"],
    [{ commandPrefix: "/cmd" }, "empty levels"],
    [{ commandPrefix: "cmd/\u0000" }, "empty levels"],
    [{ commandPrefix: "cmd/\ud800" }, "empty levels"],
    [{ topicPrefix: "$aws/rules" }, 'beginning with "$"'],
    [{ topicPrefix: long }, "at most 60 bytes of UTF-8"],
    [{ localTopic: "packdrift//reports" }, "empty levels"],
    [{ localTopic: "packdrift/\u0000" }, "empty levels"],
    [{ localTopic: "packdrift/*" }, "without wildcards"],
    [{ localTopic: long.repeat(3) }, "at most 200 bytes of UTF-8"],
    [{ localTopic: "1/2/3/4/5/6/7/8/9" }, "at most 8 levels"],
  ])("refuses %j, which no broker accepts", (raw, why) => {
    expect(errorOf(raw)).toContain(why);
  });

  it("accepts prefixes that leave room for the longest name of a thing and the longest topic", () => {
    const topicPrefix = "é/é/é/".padEnd(57, "x");
    const { commandPrefix } = parseSettings({ commandPrefix: topicPrefix });
    const topic = `${commandPrefix}/${"x".repeat(128)}/${"c".repeat(32)}/res`;

    expect(Buffer.byteLength(commandPrefix)).toBe(60);
    expect(Buffer.byteLength(topic)).toBeLessThanOrEqual(256);
    expect(topic.split("/").length - 1).toBeLessThanOrEqual(7);
  });

  it.each(["*/5 0-99999999 * * *", "0-999999999 * * * *", "0 0 1 1 2026-9999"])(
    "refuses the schedule %s, at which node-cron would not end",
    (schedule) => {
      const cpuMs = startCpuTime();
      expect(errorOf({ schedule })).toContain('"schedule": must be a cron expression with numbers of at most 2 digits');
      expect(cpuMs()).toBeLessThan(100);
    },
  );

  it.each(["0 */6 * * *", "59 59 23 31 12 6", "0 6 * * mon-fri", "0 0 1,15 jan *"])(
    "takes the schedule %s",
    (schedule) => {
      expect(errorOf({ schedule })).toBe("accepted");
    },
  );

  it.each([
    [undefined, "missing"],
    [null, "null"],
    ["null", '"null"'],
  ])("refuses transport mqtt with mqtt %j", (mqtt, found) => {
    expect(errorOf({ transport: "mqtt", ...(mqtt === undefined ? {} : { mqtt }) })).toBe(
      `Cannot read setting "mqtt": must be an object with endpoint, cert and key, since transport is mqtt, is ${found}`,
    );
    expect(errorOf({ transport: "mqtt", mqtt: 7 })).toBe('Cannot read setting "mqtt": must be a map, is 7');
  });

  it("names every problem, not only the first", () => {
    expect(errorOf({ jitterSeconds: -1, nope: 1, logLevel: 3 }).split("; ")).toHaveLength(3);
  });

  it("names eight problems at most, since every report carries them", () => {
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`unknown${at}`, at]));

    expect(errorOf(many).split("; ").slice(7)).toEqual(['Unknown setting "unknown7"', "and 992 more"]);
  });

  it("shows no more than 80 characters of a bad value", () => {
    expect(errorOf({ schedule: "x".repeat(10_000) }).length).toBeLessThan(250);
  });

  const caps = { project: "bottle-caps", job: "caps-cpu", component: null, compilationJob: null };
  const bolts = { project: "bolts", job: null, component: "Bolts", compilationJob: null };

  it("accepts jobs, waivers and damping as maps with any names, in the order of the names", () => {
    const raw = {
      jobs: { "line 2": { project: "bolts", component: "Bolts" }, a: { project: "bottle-caps", job: "caps-cpu" } },
      waivers: { driver: { rule: "compiler.driver", reason: "tested" } },
      damping: { noisy: { rule: "device.memory", raiseAfter: "3" } },
    };

    expect(parseSettings(raw)).toMatchObject({
      jobs: [caps, bolts],
      waivers: [{ rule: "compiler.driver", path: null, reason: "tested", expires: null }],
      damping: [{ rule: "device.memory", raiseAfter: 3, clearAfter: 1 }],
    });
  });

  it("accepts a component or a compilation job without a project", () => {
    const nothing = { project: null, job: null, component: null, compilationJob: null };

    const both = { component: "Bolts", compilationJob: "bolts-1" };
    expect(parseSettings({ jobs: [both] }).jobs).toEqual([{ ...nothing, ...both }]);
    expect(parseSettings({ jobs: [{ component: "Bolts" }, { compilationJob: "bolts-1" }] }).jobs).toEqual([
      { ...nothing, component: "Bolts" },
      { ...nothing, compilationJob: "bolts-1" },
    ]);
  });

  it("reads a source without a type as auto", () => {
    expect(parseSettings({ source: { path: "/etc/job.json" } }).source).toMatchObject({
      type: "auto",
      path: "/etc/job.json",
    });
  });

  it("leaves out the entries of a map that are null, so that a deployment can remove one", () => {
    const entry = { project: "bottle-caps", job: "caps-cpu" };

    expect(parseSettings({ jobs: { a: null, b: entry, c: "null" } }).jobs).toEqual([caps]);
    expect(parseSettings({ jobs: { a: null } }).jobs).toEqual([]);
    expect(parseSettings({ jobs: {} }).jobs).toEqual([]);
  });

  it("accepts any name for a map's entry, even a member's name", () => {
    expect(parseSettings({ jobs: { project: { project: "bottle-caps", job: "caps-cpu" } } }).jobs).toEqual([caps]);
  });

  it("removes a map's entry even when it has a member's name", () => {
    const entry = { project: "bottle-caps", job: "caps-cpu" };

    expect(parseSettings({ jobs: { project: null, job: entry, component: "null" } }).jobs).toEqual([caps]);
    const waivers = { reason: null, b: { rule: "compiler.driver", reason: "tested" } };
    expect(parseSettings({ waivers }).waivers).toHaveLength(1);
  });

  it.each([null, "null"])("replaces a member that is %j by its default", (nothing) => {
    const raw = {
      source: { type: nothing },
      mqtt: { endpoint: "iot.example", cert: "/c.pem", key: "/k.pem", port: nothing },
      damping: { a: { rule: "device.memory", raiseAfter: 2, clearAfter: nothing } },
    };

    expect(parseSettings(raw)).toMatchObject({
      source: { type: "auto" },
      mqtt: { port: 8_883 },
      damping: [{ raiseAfter: 2, clearAfter: 1 }],
    });
  });

  it.each([
    [
      { jobs: { a: { project: "bolts" } } },
      'setting "jobs.a": must be {project, job}, {project, component}, {component}, {compilationJob} or {compilationJob, component}',
    ],
    [
      { jobs: { a: { project: "b", job: "j" }, b: { job: "j" } } },
      'setting "jobs.b": must be {project, job}, {project, component}, {component}, {compilationJob} or {compilationJob, component}',
    ],
    [{ jobs: { a: { project: "bolts", jop: "x" } } }, 'Unknown setting "jobs.a.jop"'],
    [
      { jobs: { project: null, job: null } },
      'setting "jobs[0]": must be {project, job}, {project, component}, {component}, {compilationJob} or {compilationJob, component}',
    ],
    [
      { jobs: { project: "b", component: "Bolts", compilationJob: "b-1" } },
      'setting "jobs[0]": must be {project, job}',
    ],
    [{ jobs: { project: "bolts", compilationJob: "bolts-1" } }, 'setting "jobs[0]": must be {project, job}'],
    [{ jobs: { compilationJob: "-bolts" } }, '"jobs[0].compilationJob": must be a compilation job name'],
    [{ jobs: { a: "bolts" } }, 'Unknown setting "jobs[0].a"'],
    [{ jobs: { a: { project: "b", job: "j" }, b: "b/j" } }, 'Cannot read setting "jobs.b": must be a map, is "b/j"'],
    [{ jobs: { project: null, a: { project: "b", job: "/" } } }, 'setting "jobs.a.job": must be a job name'],
    [
      { jobs: Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`n${at}`, { project: "b", job: "j" }])) },
      'setting "jobs": must be a map of at most 50',
    ],
    [{ jobs: [{ project: "a/b" }, { project: "b", job: "c/d" }] }, '"jobs[1].job": must be a job name'],
  ])("refuses %j and names the entry", (raw, why) => {
    expect(errorOf(raw)).toContain(why);
  });
});
