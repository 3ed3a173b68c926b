import { isObject, type JsonObject } from "../../base/json.js";
import type { PackagedModel } from "../../model/model.js";
import { isComponent, recipeOf } from "./component-job.js";

/** A file that holds a component's recipe. */
export interface RecipeFile {
  readonly file: string;
  readonly document: JsonObject;
}

/** The recipe in a file; null for a file with anything else, or with several documents. */
export function recipeIn(file: string, documents: readonly unknown[]): RecipeFile | null {
  const [document, ...more] = documents;
  return isObject(document) && more.length === 0 && isComponent(document) ? { file, document } : null;
}

/**
 * The recipe of each model: the one with the component and version that the model's path names, or the only one where there is
 * only one model.
 */
export function pairRecipes(
  models: readonly PackagedModel[],
  recipes: readonly RecipeFile[],
): ReadonlyMap<PackagedModel, RecipeFile> {
  const [only, another] = models;
  const [recipe, ...others] = recipes;
  if (only !== undefined && another === undefined && recipe !== undefined && others.length === 0) {
    return new Map([[only, recipe]]);
  }
  return new Map(
    models.flatMap((model) => {
      const own = recipes.find(({ document }) => describes(document, model));
      return own === undefined ? [] : [[model, own] as const];
    }),
  );
}

function describes(document: JsonObject, { component, version }: PackagedModel): boolean {
  const recipe = recipeOf(document);
  if (typeof recipe === "string" || component === null) return false;
  return recipe.ComponentName === component && recipe.ComponentVersion === version;
}
