import { afterEach, describe, expect, it } from "vitest";
import { instantMs } from "../../src/base/instant.js";

describe("instantMs", () => {
  const zone = process.env.TZ;
  afterEach(() => {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });

  it.each([
    ["2026-11-29", "2026-11-29T00:00:00.000Z"],
    ["2026-11-29T10:00", "2026-11-29T10:00:00.000Z"],
    ["2026-11-29 10:00:01", "2026-11-29T10:00:01.000Z"],
    ["2026-11-29t10:00:01.5z", "2026-11-29T10:00:01.500Z"],
    ["2026-11-29T10:00+02:00", "2026-11-29T08:00:00.000Z"],
    ["2026-11-29T10:00 02:00", "2026-11-29T08:00:00.000Z"],
    ["2026-11-29T10:00:00-0330", "2026-11-29T13:30:00.000Z"],
  ])("reads %s alike in every zone", (text, instant) => {
    for (const here of ["UTC", "Asia/Tokyo", "America/Lima"]) {
      process.env.TZ = here;
      expect([here, new Date(instantMs(text)).toISOString()]).toEqual([here, instant]);
    }
  });

  it.each([
    "",
    "12",
    "tomorrow",
    "29 Nov 2026",
    "2026-11-29T25:00Z",
    "2026-13-01",
    "2026-11-29T10:00Zx",
    "+012026-11-29",
  ])("reads no instant in %j", (text) => expect(instantMs(text)).toBeNaN());
});
