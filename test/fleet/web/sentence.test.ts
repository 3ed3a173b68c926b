import { describe, expect, it } from "vitest";
import type { Summary } from "../../../src/fleet/state/views.js";
import { deliverySentence, fleetSentence } from "../../../src/fleet/web/sentence.js";

const delivery = {
  reports: 0,
  heartbeats: 0,
  duplicates: 0,
  conflicts: 0,
  named: 0,
  givenUp: 0,
  missing: 0,
  refused: [],
};

function summary(more: Partial<Summary>): Summary {
  return {
    at: "2026-11-29T10:00:00Z",
    things: 200,
    drift: { IN_SYNC: 200, DRIFTED: 0, UNKNOWN: 0, NOT_CHECKED: 0 },
    runnable: { RUNNABLE: 200, RUNNABLE_UNTESTED: 0, WILL_NOT_RUN: 0, CANNOT_TELL: 0 },
    states: { fresh: 200, late: 0, silent: 0, never: 0 },
    wontRun: { things: 0, causes: 0, covered: 0 },
    delivery,
    ...more,
  };
}

const said = (more: Partial<Summary>) => String(fleetSentence(summary(more), undefined)).replace(/<[^>]*>/g, "");

const NO_VERDICTS = { RUNNABLE: 0, RUNNABLE_UNTESTED: 0, WILL_NOT_RUN: 0, CANNOT_TELL: 0 };

describe("fleetSentence", () => {
  it.each<[Partial<Summary>, string]>([
    [
      { wontRun: { things: 37, causes: 2, covered: 34 }, states: { fresh: 195, late: 0, silent: 5, never: 0 } },
      "37 devices will not run; 34 share 2 causes; 5 are silent.",
    ],
    [{ wontRun: { things: 1, causes: 1, covered: 1 } }, "1 device will not run; there is 1 cause."],
    [{ wontRun: { things: 3, causes: 1, covered: 3 } }, "3 devices will not run; all share one cause."],
    [{ drift: { IN_SYNC: 199, DRIFTED: 1, UNKNOWN: 0, NOT_CHECKED: 0 } }, "1 device has drifted, but its model runs."],
    [{}, "All 200 devices run their models."],
    [
      {
        things: 1,
        runnable: { RUNNABLE: 1, RUNNABLE_UNTESTED: 0, WILL_NOT_RUN: 0, CANNOT_TELL: 0 },
        states: { fresh: 1, late: 0, silent: 0, never: 0 },
      },
      "The one device here runs its model.",
    ],
    [
      { things: 1, runnable: NO_VERDICTS, states: { fresh: 1, late: 0, silent: 0, never: 0 } },
      "The one device here has not reported yet.",
    ],
    [
      { things: 4, runnable: NO_VERDICTS, states: { fresh: 2, late: 0, silent: 1, never: 1 } },
      "None of the 4 devices here has reported yet; 1 is silent.",
    ],
    [
      { things: 202, states: { fresh: 195, late: 0, silent: 5, never: 2 } },
      "All 195 devices that report run their models; 2 have not reported yet; 5 are silent.",
    ],
    [
      { things: 203, states: { fresh: 203, late: 0, silent: 0, never: 0 } },
      "All 200 devices that report run their models; 3 have not reported yet.",
    ],
    [
      {
        things: 2,
        runnable: { ...NO_VERDICTS, RUNNABLE: 1 },
        states: { fresh: 2, late: 0, silent: 0, never: 0 },
      },
      "The one device that reports runs its model; 1 has not reported yet.",
    ],
    [
      { states: { fresh: 190, late: 5, silent: 5, never: 0 } },
      "All 195 devices that report run their models; 5 are silent.",
    ],
    [
      {
        things: 10,
        runnable: { ...NO_VERDICTS, RUNNABLE: 8 },
        states: { fresh: 8, late: 0, silent: 2, never: 0 },
      },
      "All devices that report run their models; 2 have not reported yet; 2 are silent.",
    ],
    [
      {
        things: 10,
        runnable: { ...NO_VERDICTS, RUNNABLE: 5 },
        states: { fresh: 5, late: 0, silent: 5, never: 0 },
      },
      "Nothing is known to be wrong; 5 have not reported yet; 5 are silent.",
    ],
    [{ states: { fresh: 0, late: 0, silent: 200, never: 0 } }, "Nothing is known to be wrong; 200 are silent."],
    [
      {
        drift: { IN_SYNC: 197, DRIFTED: 3, UNKNOWN: 0, NOT_CHECKED: 0 },
        runnable: { RUNNABLE: 198, RUNNABLE_UNTESTED: 0, WILL_NOT_RUN: 0, CANNOT_TELL: 2 },
      },
      "3 devices have drifted; 2 devices cannot tell whether their models run.",
    ],
    [{ states: { fresh: 0, late: 0, silent: 0, never: 200 } }, "200 expected devices, and none has reported yet."],
    [
      { runnable: { RUNNABLE: 198, RUNNABLE_UNTESTED: 0, WILL_NOT_RUN: 0, CANNOT_TELL: 2 } },
      "Nothing is known to be wrong, but 2 devices cannot tell whether their models run.",
    ],
    [
      { things: 201, runnable: { RUNNABLE: 198, RUNNABLE_UNTESTED: 0, WILL_NOT_RUN: 0, CANNOT_TELL: 2 } },
      "Nothing is known to be wrong, but 2 devices cannot tell whether their models run; 1 has not reported yet.",
    ],
  ])("says for %j: %s", (more, sentence) => {
    expect(said(more)).toBe(sentence);
  });
});

describe("deliverySentence", () => {
  it.each([
    [{}, "No report has arrived yet."],
    [{ reports: 800_000, heartbeats: 12_344 }, "812,344 reports: all stored or named, 0 missing."],
    [{ reports: 5, named: 2 }, "5 reports: all stored or named (2 named lost by devices), 0 missing."],
    [
      { reports: 5, named: 2, givenUp: 1, missing: 3 },
      "5 reports stored, 2 named lost by devices, 1 given up and 3 missing.",
    ],
  ])("says for %j: %s", (more, sentence) => {
    expect(deliverySentence({ delivery: { ...delivery, ...more } })).toBe(sentence);
  });
});
