import { describe, expect, it } from "vitest";
import { LAB } from "../../../src/commands/help/specs/lab.js";
import { SCENES } from "../../../src/lab/fleet/scenes.js";

describe("the lab's options", () => {
  it("name every scene that it can play", () => {
    expect(LAB.options.scene.choices).toEqual(Object.keys(SCENES));
  });
});
