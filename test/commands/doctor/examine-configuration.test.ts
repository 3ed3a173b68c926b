import { describe, expect, it } from "vitest";
import { examineConfiguration } from "../../../src/commands/doctor/examine-configuration.js";

const FOUND = { raw: { maxMessageBytes: 100_000, vetoBadConfiguration: true, shadow: true }, from: "config.yaml" };
const linesOn = (isLite: boolean | null) =>
  examineConfiguration(FOUND, { isLite, nowMs: 0 }).lines.map(({ state, found }) => `${state} ${found}`);

describe("examineConfiguration", () => {
  it("warns of what nucleus lite does not do, unless the device has the classic nucleus", () => {
    const onLite = [
      "OK config.yaml",
      expect.stringMatching(/^NOTE Nucleus lite drops the connection/),
      expect.stringMatching(/^NOTE Setting "vetoBadConfiguration" has no effect on nucleus lite/),
    ];

    expect(linesOn(true)).toEqual(onLite);
    expect(linesOn(null)).toEqual(onLite);
    expect(linesOn(false)).toEqual(["OK config.yaml"]);
  });

  it("names what is wrong, a schedule's expression too, and continues with what could be read", () => {
    const raw = { schedule: "0 99 * * *", jitterSeconds: 7 };
    const { settings, lines } = examineConfiguration({ raw, from: "config.yaml" }, { isLite: null, nowMs: 0 });

    expect(lines).toMatchObject([{ state: "PROBLEM", found: expect.stringContaining('"schedule"') }]);
    expect(settings.jitterSeconds).toBe(7);
  });
});
