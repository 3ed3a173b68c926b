import { describe, expect, it } from "vitest";
import { InvalidInputError } from "../src/errors.js";
import { liveSettings } from "../src/live-settings.js";

/** Settings of one number, read from what `raw` holds at the time. */
function scene(start: unknown, kept: unknown = null) {
  const scene = { raw: start, kept, refused: [] as string[] };
  const settings = liveSettings({
    read: async () => scene.raw,
    parse: (raw) => {
      if (typeof raw !== "number") throw new InvalidInputError(`must be a number, is ${JSON.stringify(raw)}`);
      return { size: raw, name: "same" };
    },
    lastGood: {
      load: () => scene.kept,
      save: (raw) => {
        scene.kept = raw;
      },
    },
    onRefused: (message) => scene.refused.push(message),
  });
  return { scene, settings };
}

describe("liveSettings", () => {
  it("tells which settings a good update changed", async () => {
    const { scene: state, settings } = scene(1);
    const live = await settings;
    state.raw = 2;

    expect(await live.refresh()).toEqual(["size"]);
    expect(live.current()).toEqual({ size: 2, name: "same" });
    expect(state.kept).toBe(2);
  });

  it("keeps the last good settings while the newest are bad, says so once, and recovers", async () => {
    const { scene: state, settings } = scene(1);
    const live = await settings;
    state.raw = "two";

    expect([await live.refresh(), await live.refresh()]).toEqual([[], []]);
    expect(live.current().size).toBe(1);
    expect(live.problem()).toBe('must be a number, is "two"');
    expect(state.refused).toEqual(['must be a number, is "two"']);
    state.raw = 3;
    expect(await live.refresh()).toEqual(["size"]);
    expect(live.problem()).toBeNull();
  });

  it("starts with the last good settings of an earlier life when the first ones are bad", async () => {
    const { settings } = scene("bad", 7);
    const live = await settings;

    expect(live.current().size).toBe(7);
    expect(live.problem()).toBe('must be a number, is "bad"');
  });

  it("throws when the first settings are bad and none were ever kept", async () => {
    await expect(scene("bad").settings).rejects.toThrow(InvalidInputError);
  });
});
