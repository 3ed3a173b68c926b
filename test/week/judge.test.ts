import { describe, expect, it } from "vitest";
import { faultsOf, type Sample, type Week } from "./judge.js";

describe("faultsOf", () => {
  const sample: Sample = {
    minute: 1,
    pid: 1,
    rssMb: 50,
    dirtyMb: 10,
    heapMb: 5,
    fds: 20,
    children: 0,
    workKb: 900,
  };
  const good: Week = {
    checks: 20,
    wanted: 20,
    samples: Array.from({ length: 20 }, (_, minute) => ({ ...sample, minute })),
    troubles: [],
    ordeals: [{ name: "offline", minute: 5, untilMinute: 6, explains: ["report.kept"] }],
    reports: [],
    answers: { asked: 1, done: 1 },
    exitCode: 0,
  };
  const report = (sequence: number, gaps: object[] = []) => ({ epoch: "e", sequence, gaps }) as never;
  const later = (change: Partial<Sample>) => ({
    samples: good.samples.map((each) => (each.minute < 10 ? each : { ...each, ...change })),
  });

  it("finds nothing wrong with a good week", () => {
    expect(faultsOf(good)).toEqual([]);
  });

  it.each<[string, Partial<Week>, string]>([
    ["a check too few", { checks: 19 }, "19 checks were made, 20 were wanted"],
    ["memory that grows", later({ heapMb: 8 }), "heapMb has grown by 3.0"],
    ["a file left open", later({ fds: 21 }), "file descriptors: 20 at first, 21 at last"],
    ["a child left behind", later({ children: 1 }), "a child was left while nothing was done"],
    ["a work folder that fills up", later({ workKb: 3_000 }), "the work folder has held 3000 KB"],
    [
      "a trouble that nothing explains",
      { troubles: [{ minute: 90, event: "report.kept", text: "kept" }] },
      "minute 90: kept",
    ],
    ["another trouble", { troubles: [{ minute: 5, event: "nucleus.lost", text: "lost" }] }, "minute 5: lost"],
    ["a report that got lost", { reports: [report(1), report(3)] }, "report 2 of epoch e neither came nor was named"],
    ["a request without answer", { answers: { asked: 2, done: 1 } }, "2 requests, 1 answers DONE"],
    ["a bad end", { exitCode: 1 }, "the end was exit code 1"],
  ])("reports %s", (_, change, fault) => {
    expect(faultsOf({ ...good, ...change })).toEqual([fault]);
  });

  it("accepts a named gap and an explained problem", () => {
    const reports = [report(1), report(3, [{ fromSequence: 2, toSequence: 2, count: 1 }])];
    const troubles = [{ minute: 7, event: "report.kept", text: "kept" }];

    expect(faultsOf({ ...good, reports, troubles })).toEqual([]);
  });
});
