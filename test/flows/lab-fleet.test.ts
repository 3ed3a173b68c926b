import { describe, expect, it } from "vitest";
import { packdrift } from "./cli.js";

describe("packdrift lab --fleet", () => {
  it("shows the real device's reports, then the fleet that it is in, with its past", async () => {
    const { out, err } = await packdrift(["lab", "--fleet", "20", "--once"]);

    expect(err).toBe("");
    expect(out.match(/device +packdrift-lab/g)).toHaveLength(2);
    // The real device has a job that it cannot run; whether for a shared reason, depends on the machine.
    expect(out).toMatch(
      /\nfleet: 22 devices, 9 will not run, [3-9] of them for (one cause|\d causes), 1 late, 1 silent, 1 never heard\n/,
    );
  });

  it("tells a fleet on a fast clock without the real device", async () => {
    const { code, out } = await packdrift(["lab", "--fleet", "3", "--speed", "60", "--once", "--json"]);

    expect(code).toBe(0);
    expect(JSON.parse(out.trim().split("\n").at(-1) ?? "")).toHaveProperty("page");
  });

  it.each([
    [["--fleet", "0"], 'Cannot use --fleet "0": must be a whole number from 1 to 20000'],
    [["--fleet", "20", "--speed", "fast"], 'Cannot use --speed "fast": must be a whole number from 1 to 86400'],
    [["--scene", "hole"], "--scene needs --fleet N"],
    [["--fleet", "1", "--scene", "fire"], 'Cannot play --scene "fire": must be one of'],
  ])("refuses %j in one sentence", async (args, sentence) => {
    const { code, err } = await packdrift(["lab", ...args]);

    expect(code).toBe(3);
    expect(err).toContain(sentence);
  });
});
