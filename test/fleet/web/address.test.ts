import { describe, expect, it } from "vitest";
import {
  jobPath,
  knowsPast,
  link,
  parseFilter,
  parsePage,
  segmentsOf,
  timeRedirect,
} from "../../../src/fleet/web/address.js";

const query = (text: string) => new URLSearchParams(text);

describe("parseFilter", () => {
  it("reads what an address narrows a list to, and leaves out what is empty", () => {
    expect(parseFilter(query("runnable=WILL_NOT_RUN&drift=&state=silent&rule=compiler.trt-ver&q=+line+&x=1"))).toEqual({
      runnable: "WILL_NOT_RUN",
      state: "silent",
      rule: "compiler.trt-ver",
      q: "line",
    });
  });

  it("keeps names of devices unchanged, with blanks at their ends", () => {
    const exact = { thing: " a ", job: "bolts/ a ", cause: " c " };

    expect(parseFilter(new URLSearchParams(exact))).toEqual(exact);
    expect(parseFilter(new URLSearchParams({ job: `${"x".repeat(256)}/${"y".repeat(256)}` })).job).toHaveLength(513);
    expect(() => parseFilter(new URLSearchParams({ thing: "x".repeat(5_000) }))).toThrow("longer than 4096 characters");
  });

  it("reads times of forms as UTC, and others by their zone", () => {
    expect([parseFilter(query("at=2026-11-29T10:00")), parseFilter(query("at=2026-11-29T10:00:00%2B02:00"))]).toEqual([
      { at: "2026-11-29T10:00:00.000Z" },
      { at: "2026-11-29T08:00:00.000Z" },
    ]);
  });

  it.each([
    ["runnable=YES", 'Cannot use "runnable": must be one of WILL_NOT_RUN, '],
    ["state=dead", 'Cannot use "state"'],
    ["at=tomorrow", 'Cannot read "at"'],
    [`q=${"x".repeat(600)}`, 'Cannot use "q": longer than 512 characters'],
  ])("refuses %s", (text, why) => {
    expect(() => parseFilter(query(text))).toThrow(why);
  });
});

describe("parsePage", () => {
  it.each(["0", "1001", "-1", "1e3", "x"])("refuses a limit of %s", (limit) => {
    expect(() => parsePage(query(`limit=${limit}`))).toThrow("must be a whole number from 1 to 1000");
  });

  it("has 50 items by default", () => {
    expect(parsePage(query("after=a"))).toEqual({ after: "a", limit: 50 });
  });

  it("continues after a name as it is, even one that is all blanks", () => {
    expect(parsePage(query("after=%20"))).toEqual({ after: " ", limit: 50 });
    expect(parsePage(new URLSearchParams({ after: "x".repeat(1_500) })).after).toHaveLength(1_500);
  });
});

describe("addresses", () => {
  it("encode any name", () => {
    expect(link("/devices", { q: "a&b=c#d", at: undefined })).toBe("/devices?q=a%26b%3Dc%23d");
    expect(jobPath({ project: "", job: "component a/b" })).toBe("/jobs/-/component%20a%2Fb");
    expect(segmentsOf("/jobs/-/component%20a%2Fb")).toEqual(["jobs", "-", "component a/b"]);
    expect(segmentsOf("/%ff")).toBeNull();
  });

  it("turn the slider's hours into a time, and 0 into now", () => {
    const now = Date.parse("2026-11-29T10:12:40Z");

    expect(timeRedirect("/", query("hours=-24&at=x"), now)).toBe("/?at=2026-11-28T10%3A12%3A00.000Z");
    expect([timeRedirect("/", query("hours=0"), now), timeRedirect("/", query(""), now)]).toEqual(["/", null]);
  });
});

describe("knowsPast", () => {
  it.each(["/", "/devices", "/devices/line-1", "/causes/c", "/jobs", "/jobs/gear/teeth"])(
    "can show the past: %s",
    (path) => {
      expect(knowsPast(path)).toBe(true);
    },
  );

  it.each([
    ...["/alarms", "/delivery", "/requests/r1", "/what-if", "/devices/line-1/jobs", "/devices/line-1/report"],
    "/jobs/gear/teeth/devices",
  ])("cannot show the past: %s", (path) => {
    expect(knowsPast(path)).toBe(false);
  });
});
