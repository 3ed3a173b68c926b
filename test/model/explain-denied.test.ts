import { describe, expect, it } from "vitest";
import { deniedExplained, explainDenied } from "../../src/model/explain-denied.js";
import { COMPILED, someModel } from "../drift/model-builders.js";

describe("explainDenied", () => {
  it("says which permission is missing and how to give it, and leaves other reasons alone", () => {
    const unread = [
      { path: COMPILED, why: "permission denied" },
      { path: COMPILED, why: "it ends in a section" },
    ];

    expect(explainDenied(someModel({ component: "Caps", unread })).unread).toEqual([
      {
        path: COMPILED,
        why: 'permission denied: packdrift\'s user cannot read it; set "Permission: {Read: ALL}" on the artifact in the recipe of Caps, or run packdrift as a user who can (runWith)',
      },
      { path: COMPILED, why: "it ends in a section" },
    ]);
  });

  it("names no component where none is known", () => {
    expect(deniedExplained([{ path: "/packages", why: "permission denied" }], null)[0]?.why).toContain(
      "in the recipe of the model's component",
    );
  });
});
