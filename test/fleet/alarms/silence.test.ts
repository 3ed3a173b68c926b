import { describe, expect, it } from "vitest";
import type { SilenceMatcher } from "../../../src/fleet/alarms/alarms-port.js";
import { shownText } from "../../../src/fleet/alarms/shown-text.js";
import { makeSilence, matches, parseMatcher, silencedUntil } from "../../../src/fleet/alarms/silence.js";
import { someAlarm } from "./some-alarm.js";

const NOW_MS = Date.parse("2026-11-29T12:00:00.000Z");
const someSilence = (more: object = {}) =>
  makeSilence(
    { matcher: { rule: "compiler.trt-ver" }, reason: "upgrade", endsAt: "2026-11-29T18:00:00Z", ...more },
    "ada",
    NOW_MS,
  );

describe("matches", () => {
  const alarm = someAlarm();
  const silent = someAlarm({ kind: "SILENCE", subject: "silent:berlin", facts: { of: 40 } });

  it.each<[SilenceMatcher, boolean]>([
    [{ alarm: "cause-1" }, true],
    [{ alarm: "cause-2" }, false],
    [{ kind: "CAUSE", severity: "BLOCKING" }, true],
    [{ kind: "CAUSE", severity: "ERROR" }, false],
    [{ rule: "compiler.trt-ver", cause: "c1" }, true],
    [{ group: "berlin" }, false],
    [{}, false],
  ])("of a cause's alarm and %j is %s", (matcher, expected) => {
    expect(matches(matcher, alarm)).toBe(expected);
  });

  it.each<[SilenceMatcher, boolean]>([
    [{ group: "berlin" }, true],
    [{ group: "bonn" }, false],
    [{ cause: "silent:berlin" }, false],
  ])("of a group's alarm and %j is %s", (matcher, expected) => {
    expect(matches(matcher, silent)).toBe(expected);
  });
});

describe("silencedUntil", () => {
  it("is the last end of the silences that match", () => {
    const silences = [
      someSilence(),
      someSilence({ endsAt: "2026-11-30T00:00:00Z" }),
      someSilence({ matcher: { rule: "target.os" }, endsAt: "2027-01-01T00:00:00Z" }),
    ];

    expect(silencedUntil(silences, someAlarm())).toBe("2026-11-30T00:00:00.000Z");
    expect(silencedUntil([], someAlarm())).toBeNull();
  });
});

describe("parseMatcher", () => {
  it.each([
    null,
    "rule",
    [],
    {},
    { rule: "" },
    { rule: 5 },
    { rule: "a\u0000b" },
    { rule: "\ud800" },
    { rule: "x".repeat(201) },
    { kind: "OTHER" },
    { thing: "cam-1" },
    { constructor: "x" },
    JSON.parse('{"__proto__": {"rule": "x"}}'),
  ])("refuses %j", (matcher) => {
    expect(() => parseMatcher(matcher)).toThrow("Cannot silence alarms");
  });
});

describe("makeSilence", () => {
  it.each(["2026-11-29T11:59:59Z", "2028-01-01T00:00:00Z", "tomorrow", "", "\u0000"])(
    "refuses the end %j",
    (endsAt) => {
      expect(() => someSilence({ endsAt })).toThrow("Cannot silence alarms: the end must be a time in the future");
    },
  );

  it("keeps what a person wrote, without what the engines or a terminal stumble over", () => {
    const made = makeSilence(
      { matcher: { kind: "SILENCE" }, reason: `a\u0000\u202e\ud800${"x".repeat(600)}`, endsAt: "2026-11-29T18:00:00Z" },
      "ada\n",
      NOW_MS,
    );

    expect(made).toMatchObject({
      madeBy: "ada?",
      reason: `a???${"x".repeat(496)}`,
      endsAt: "2026-11-29T18:00:00.000Z",
    });
  });
});

describe("shownText", () => {
  it("leaves no half of a pair where it cuts", () => {
    expect(shownText("ab😀", 3)).toBe("ab?");
  });
});
