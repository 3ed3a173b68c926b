import { describe, expect, it } from "vitest";
import { progress, waiting, withProgress } from "../../../src/commands/shared/progress-bar.js";

function someTerminal() {
  const lines: (string | null)[] = [];
  return { lines, status: (line: string | null) => void lines.push(line) };
}

describe("progress", () => {
  it("is silent for a second, then shows how much is done, ten times a second at most", () => {
    const terminal = someTerminal();
    let now = 0;
    const shown = progress(terminal, "Reading", 40, () => now);
    for (now = 0; now < 2_000; now += 50) shown.step();
    shown.end();

    expect(terminal.lines.slice(0, 2)).toEqual([
      `Reading [${"#".repeat(15)}${".".repeat(15)}] 21/40`,
      `Reading [${"#".repeat(17)}${".".repeat(13)}] 23/40`,
    ]);
    expect(terminal.lines).toHaveLength(11);
    expect(terminal.lines.at(-1)).toBeNull();
  });

  it("counts where the total is unknown", () => {
    const terminal = someTerminal();
    let now = 0;
    const shown = progress(terminal, "Verifying jobs", null, () => now);
    shown.step();
    now = 1_000;
    shown.step();

    expect(terminal.lines).toEqual(["Verifying jobs … 2"]);
  });
});

describe("counted", () => {
  it("notes a step for each call, and answers as the object does", () => {
    let steps = 0;
    const add = withProgress({ base: 2, add: (number: number) => number + 2 }, { step: () => void steps++ });

    expect([add.add(1), add.add(2), add.base, steps]).toEqual([3, 4, 2, 2]);
  });
});

describe("waiting", () => {
  it("removes its line when the work ends, well or not", async () => {
    const terminal = someTerminal();

    await expect(waiting(terminal, "Asking", Promise.resolve(1))).resolves.toBe(1);
    await expect(waiting(terminal, "Asking", Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(terminal.lines).toEqual([null, null]);
  });
});
