import { describe, expect, it } from "vitest";
import {
  clampToNow,
  type Ending,
  parseEndings,
  patienceMs,
  withEnding,
} from "../../../src/agent/connection/restarts.js";

const NOW = Date.parse("2026-11-23T18:00:00Z");
const ending = (cause: Ending["cause"], minutesAgo: number): Ending => ({
  at: new Date(NOW - minutesAgo * 60_000).toISOString(),
  cause,
});

describe("patienceMs", () => {
  it("ends the process at once on a first loss", () => {
    expect(patienceMs([], "DROPPED", NOW)).toBe(0);
  });

  it("ends it once more for another cause", () => {
    expect(patienceMs([ending("DROPPED", 5)], "REFUSED", NOW)).toBe(0);
  });

  it("stays when a restart has not helped against the same cause, until 61 minutes have passed", () => {
    expect(patienceMs([ending("REFUSED", 1)], "REFUSED", NOW)).toBe(60 * 60_000);
    expect(patienceMs([ending("REFUSED", 61)], "REFUSED", NOW)).toBe(0);
  });

  it("stays before a third ending within the hour, whatever its cause", () => {
    expect(patienceMs([ending("DROPPED", 50), ending("REFUSED", 11)], "SILENT", NOW)).toBe(50 * 60_000);
  });

  it("never ends three times with less than an hour between neighbours, whatever happens", () => {
    const causes = ["DROPPED", "REFUSED", "SILENT", "UNREACHABLE"] as const;
    let endings: readonly Ending[] = [];
    let now = NOW;
    const times: number[] = [];
    for (let step = 0; step < 200; step++) {
      const cause = causes[(step * 7 + (step >> 2)) % causes.length] ?? "DROPPED";
      now += ((step * 37) % 50) * 60_000;
      now += patienceMs(endings, cause, now);
      endings = withEnding(endings, { at: new Date(now).toISOString(), cause });
      times.push(now);
    }
    const broken = times.filter(
      (at, i) =>
        i >= 2 && at - (times[i - 1] ?? 0) < 3_600_000 && (times[i - 1] ?? 0) - (times[i - 2] ?? 0) < 3_600_000,
    );
    expect(broken).toEqual([]);
  });

  it("waits an hour at most after the clock was set back", () => {
    expect(patienceMs([ending("REFUSED", -1e6)], "REFUSED", NOW)).toBe(3_660_000);
  });
});

describe("clampToNow", () => {
  it("counts the age of a restart from now on when a clock that was set back puts it in the future", () => {
    const endings = clampToNow([ending("DROPPED", 5), ending("REFUSED", -1e6)], NOW);

    expect(endings).toEqual([ending("DROPPED", 5), ending("REFUSED", 0)]);
    expect(patienceMs(endings, "REFUSED", NOW + 3_660_000)).toBe(0);
  });
});

describe("parseEndings", () => {
  it("returns what was kept, the last eight", () => {
    const many = Array.from({ length: 10 }, (_, i) => ending("DROPPED", 100 - i));
    const kept = many.reduce<readonly Ending[]>(withEnding, []);

    expect(parseEndings(JSON.stringify(kept))).toEqual(many.slice(2));
  });

  it.each([null, "", "{", "{}", "7", '[{"at":"yesterday","cause":"DROPPED"}]', '[null,{"cause":"DROPPED"}]'])(
    "takes no endings from %s",
    (text) => {
      expect(parseEndings(text)).toEqual([]);
    },
  );
});
