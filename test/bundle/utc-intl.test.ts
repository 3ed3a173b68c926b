import { describe, expect, it } from "vitest";
import { Intl as Utc } from "../../src/bundle/utc-intl.js";

/** The two sets of fields that node-cron 4.6.0 asks for. */
const FIELDS = {
  parts: {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    weekday: "short",
    hour12: false,
  },
  zone: { timeZoneName: "shortOffset" },
} as const;

/** Instants over 60 years, leap days and midnights among them. */
const INSTANTS = [
  ...Array.from({ length: 500 }, (_, at) => 1_000_000_007 * at * 3.7),
  Date.UTC(2028, 1, 29),
  Date.UTC(2027, 11, 31, 23, 59, 59),
  Date.UTC(2000, 0, 1),
].map((milliseconds) => new Date(milliseconds));

describe("utc-intl", () => {
  it("returns the same parts of a date to node-cron as ICU", () => {
    const icu = new Intl.DateTimeFormat("en-US", { ...FIELDS.parts, timeZone: "UTC" });
    const own = new Utc.DateTimeFormat("en-US", { ...FIELDS.parts, timeZone: "UTC" });

    const numbers = (parts: readonly { type: string; value: string }[]) =>
      Object.fromEntries(
        parts
          .filter(({ type }) => type !== "literal")
          // node-cron reads 24 as 0 and takes every part but the weekday as a number.
          .map(({ type, value }) => [type, type === "weekday" ? value : Number(value) % (type === "hour" ? 24 : 1e9)]),
      );
    for (const instant of INSTANTS) {
      expect(numbers(own.formatToParts(instant))).toEqual(numbers(icu.formatToParts(instant)));
    }
  });

  it("returns the offset of UTC as ICU does", () => {
    const icu = new Intl.DateTimeFormat("en-US", { ...FIELDS.zone, timeZone: "UTC" });
    const own = new Utc.DateTimeFormat("en-US", { ...FIELDS.zone, timeZone: "UTC" });

    // ICU writes "GMT" or "GMT+0", by its version; node-cron takes both for no offset.
    for (const formatter of [icu, own]) {
      expect(formatter.formatToParts(new Date(0)).find(({ type }) => type === "timeZoneName")?.value).toMatch(
        /^GMT(\+0)?$/,
      );
    }
  });

  it("refuses any other time zone", () => {
    expect(() => new Utc.DateTimeFormat("en-US", { timeZone: "Europe/Berlin" })).toThrow('not "Europe/Berlin"');
  });
});
