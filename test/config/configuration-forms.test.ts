import { describe, expect, it } from "vitest";
import { findConfiguration } from "../../src/config/configuration-forms.js";

const NAME = "io.packdrift.Monitor";
const raw = { jitterSeconds: 5 };

describe("findConfiguration", () => {
  it.each([
    ["SETTINGS", raw, []],
    ["SETTINGS", {}, []],
    [
      "DEPLOYMENT",
      { components: { [NAME]: { configurationUpdate: { merge: JSON.stringify(raw), reset: ["/jobs"] } } } },
      ["components", NAME, "configurationUpdate", "merge"],
    ],
    [
      "DEPLOYMENT",
      { components: { [NAME]: { configurationUpdate: { merge: raw } } } },
      ["components", NAME, "configurationUpdate", "merge"],
    ],
    ["DEPLOYMENT", { merge: raw }, ["merge"]],
    ["LOCAL_DEPLOYMENT", { [NAME]: { MERGE: raw, RESET: [] } }, [NAME, "MERGE"]],
    [
      "RECIPE",
      { ComponentName: NAME, ComponentConfiguration: { DefaultConfiguration: raw } },
      ["ComponentConfiguration", "DefaultConfiguration"],
    ],
    ["NUCLEUS_CONFIGURATION", { services: { [NAME]: { configuration: raw } } }, ["services", NAME, "configuration"]],
  ])("finds %s in %j", (form, document, under) => {
    expect(findConfiguration(document)).toMatchObject({ form, under });
    if (document !== undefined && Object.keys(document).length > 0)
      expect(findConfiguration(document)).toMatchObject({ raw });
  });

  it("finds nothing to merge in a deployment that changes no configuration", () => {
    expect(findConfiguration({ components: { [NAME]: { componentVersion: "0.2.0" } } })).toMatchObject({ raw: {} });
  });

  it.each([
    [{ components: { "com.example.Caps": {} } }, `the deployment has no component "${NAME}", only com.example.Caps`],
    [{ merge: "{" }, '"merge" is not JSON: '],
    [
      { RecipeFormatVersion: "2020-01-25", ComponentName: "com.example.Caps" },
      `it is the recipe of "com.example.Caps", not of "${NAME}"`,
    ],
    [{ services: { main: {} } }, `its services do not include "${NAME}"`],
  ])("says why %j has no configuration", (document, why) => {
    expect(findConfiguration(document)).toEqual({ missing: expect.stringContaining(why) });
  });
});
