import { describe, expect, it } from "vitest";
import { doctorView } from "../../../src/fleet/state/doctor-answer.js";

const ABOUT = {
  request: "r1",
  askedBy: "ann",
  askedAt: "2026-11-30T10:00:00.000Z",
  answeredAt: "2026-11-30T10:00:07.000Z",
  status: "DONE",
} as const;
const NOTHING = { why: null, version: null, well: null, lines: [], ok: [], leftOut: null };
const viewOf = (answer: unknown) =>
  doctorView({
    ...ABOUT,
    thing: "line-4",
    sentAt: null,
    answer: typeof answer === "string" ? answer : JSON.stringify(answer),
  });

describe("doctorView", () => {
  it("lists what has to be done before what is worth knowing, and what is well", () => {
    const line = (id: string, state: string, fix: string | null = null) => ({ id, state, tried: "t", found: "f", fix });
    const result = {
      schema: "packdrift.doctor/1",
      version: "0.3.0",
      well: false,
      lines: [line("a", "NOTE"), line("b", "PROBLEM", "do it"), line("c", "NOT_TRIED")],
      ok: ["program: 0.3.0"],
      leftOut: "1 of 4 lines: the message would be too long",
    };

    expect(viewOf({ result })).toEqual({
      ...ABOUT,
      why: null,
      version: "0.3.0",
      well: false,
      lines: [line("b", "PROBLEM", "do it"), line("a", "NOTE"), line("c", "NOT_TRIED")],
      ok: ["program: 0.3.0"],
      leftOut: "1 of 4 lines: the message would be too long",
    });
  });

  it("says why there is no result", () => {
    expect(viewOf({ why: "already running" })).toEqual({ ...ABOUT, ...NOTHING, why: "already running" });
  });

  it.each([
    ["no JSON", "{"],
    ["nothing", ""],
    ["a list", []],
    ["a result that is a text", { result: "well" }],
    ["members of other kinds", { why: 1, result: { well: "yes", version: {}, lines: {}, ok: 7, leftOut: [] } }],
    ["lines of other kinds", { result: { lines: [null, 1, "x", [], { state: "FINE" }], ok: [null, {}, 2] } }],
  ])("reads nothing from %s", (_, answer) => {
    expect(viewOf(answer)).toEqual({ ...ABOUT, ...NOTHING });
  });

  it("bounds texts and lists", () => {
    const long = "x".repeat(10_000);
    const line = { id: long, state: "PROBLEM", tried: long, found: long, fix: long };
    const { lines, ok } = viewOf({ result: { lines: Array(500).fill(line), ok: Array(500).fill(long) } });

    expect([lines.length, ok.length]).toEqual([100, 100]);
    expect(lines[0]).toEqual({
      ...line,
      ...Object.fromEntries(["id", "tried", "found", "fix"].map((key) => [key, "x".repeat(2_000)])),
    });
    expect(ok[0]).toHaveLength(2_000);
  });
});
