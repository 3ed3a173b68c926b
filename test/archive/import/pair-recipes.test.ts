import { describe, expect, it } from "vitest";
import { pairRecipes, recipeIn } from "../../../src/archive/import/pair-recipes.js";
import { someModel } from "../../model/some-model.js";

const recipe = (ComponentName: string, ComponentVersion = "1.0.0") => ({
  RecipeFormatVersion: "2020-01-25",
  ComponentName,
  ComponentVersion,
});
const file = (name: string, document: object) => ({ file: name, document: { ...document } });
const CAPS = someModel();
const SEAMS = someModel({ component: "com.example.Seams" });

describe("recipeIn", () => {
  it("is the one document of a file, if it is a recipe", () => {
    expect(recipeIn("a.json", [recipe("com.example.Caps")])).toEqual({
      file: "a.json",
      document: recipe("com.example.Caps"),
    });
    expect(recipeIn("a.json", [{ ModelPackagingDescription: {} }])).toBe(null);
    expect(recipeIn("a.json", [recipe("a"), recipe("b")])).toBe(null);
    expect(recipeIn("a.json", [])).toBe(null);
  });
});

describe("pairRecipes", () => {
  it("pairs the only model with the only recipe, whatever its name", () => {
    const only = file("recipe.yaml", recipe("com.example.Other"));

    expect([...pairRecipes([CAPS], [only])]).toEqual([[CAPS, only]]);
    expect([...pairRecipes([CAPS], [])]).toEqual([]);
  });

  it("pairs each of several models with the recipe of its component and version", () => {
    const caps = file("caps.json", recipe("com.example.Caps"));
    const older = file("older.json", recipe("com.example.Caps", "0.9.0"));

    expect([...pairRecipes([CAPS, SEAMS], [older, caps])]).toEqual([[CAPS, caps]]);
  });

  it("reads the recipe inside an answer of GetComponent", () => {
    const answer = file("caps.json", { recipe: recipe("com.example.Caps"), recipeOutputFormat: "JSON" });

    expect([...pairRecipes([CAPS, SEAMS], [answer])]).toEqual([[CAPS, answer]]);
  });
});
