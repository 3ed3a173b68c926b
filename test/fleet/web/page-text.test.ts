import { describe, expect, it } from "vitest";
import {
  ago,
  atInstant,
  durationSince,
  formatInstant,
  formatNumber,
  formatTime,
  joinWithAnd,
  pluralize,
  propertyLabel,
  ruleLabel,
} from "../../../src/fleet/web/page-text.js";

const NOW = Date.parse("2026-11-29T10:12:00Z");
const earlier = (ms: number) => new Date(NOW - ms).toISOString();

describe("words", () => {
  it("group digits, and count", () => {
    expect([
      formatNumber(0),
      formatNumber(999),
      formatNumber(812_344),
      pluralize(1, "device"),
      pluralize(2_000, "device"),
    ]).toEqual(["0", "999", "812,344", "1 device", "2,000 devices"]);
  });

  it.each([
    [-5_000, "just now"],
    [59_000, "just now"],
    [99 * 60_000, "99 min ago"],
    [47 * 3_600_000, "47 h ago"],
    [50 * 3_600_000, "2 days ago"],
    [100 * 86_400_000, "3 months ago"],
  ])("say how long %d ms are ago: %s", (ms, words) => {
    expect(ago(earlier(ms), NOW)).toBe(words);
  });

  it("show as much of a time's date as is needed", () => {
    expect([
      formatInstant("2026-11-29T02:05:00Z", NOW),
      formatInstant("2026-11-28T23:59:00Z", NOW),
      formatInstant("2024-01-02T03:04:00Z", NOW),
      formatInstant("<b>", NOW),
      formatTime("2026-11-28T09:05:00Z"),
      durationSince(earlier(30_000), NOW),
      atInstant("2026-11-29T02:05:00Z", NOW),
      atInstant("2024-01-02T03:04:00Z", NOW),
    ]).toEqual([
      ...["02:05", "28 Nov 23:59", "2 Jan 2024 03:04", "<b>", "09:05", "less than a minute"],
      ...["at 02:05", "on 2 Jan 2024 at 03:04"],
    ]);
  });

  it.each(["constructor", "__proto__", "toString", "no.rule"])("leave the name %s of a device unchanged", (name) => {
    expect([ruleLabel(name), propertyLabel(name)]).toEqual([name, name]);
  });

  it("list", () => {
    expect([joinWithAnd([]), joinWithAnd(["a"]), joinWithAnd(["a", "b", "c"])]).toEqual(["", "a", "a, b and c"]);
  });
});
