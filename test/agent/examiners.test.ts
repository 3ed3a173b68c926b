import { describe, expect, it } from "vitest";
import { examinersFrom } from "../../src/agent/examiners.js";

describe("examinersFrom", () => {
  it("returns the one that was started ahead once, then new ones, and ends the last", () => {
    const killed: string[] = [];
    let started = 0;
    const examiner = (name: string) => ({ kill: () => killed.push(name) }) as never;
    const examiners = examinersFrom(() => examiner(`new ${++started}`), examiner("ahead"));

    examiners.kill();
    examiners.next();
    examiners.kill();
    examiners.next();
    examiners.kill();

    expect(killed).toEqual(["ahead", "ahead", "new 1"]);
  });
});
