// greengrass-build/: what `gdk component publish` and local deployments take.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { ARTIFACTS, COMPONENT, DIST, TOP, VERSION } from "./paths.mjs";

const SOURCE = join(TOP, "recipe/recipe.yaml");
/** Nucleus lite reads a recipe into 8,196 bytes; this leaves room for what a deployment's own copy may add. */
const MOST_BYTES = 7_600;

/**
 * Lays the recipe and the artifacts. GDK wants `recipe.yaml`, as it is next to gdk-config.json. A nucleus finds a recipe by
 * `<name>-<version>`: that one is compact JSON, since nucleus lite has little room for it, and makes a text of every YAML scalar.
 */
export function greengrassTree() {
  const tree = join(TOP, "greengrass-build");
  rmSync(tree, { recursive: true, force: true });
  mkdirSync(join(tree, "recipes"), { recursive: true });
  cpSync(SOURCE, join(tree, "recipes/recipe.yaml"));
  const recipe = compactRecipe(readFileSync(SOURCE, "utf8"));
  writeFileSync(join(tree, "recipes", `${COMPONENT}-${VERSION}.json`), recipe);
  // The lab deploys the same.
  writeFileSync(join(DIST, "recipe.json"), recipe);
  cpSync(ARTIFACTS, join(tree, "artifacts", COMPONENT, VERSION), { recursive: true });
}

/** As JSON, with scripts' lines not indented: none of them needs that. */
function compactRecipe(yaml) {
  const json = JSON.stringify(parse(yaml), (_, value) =>
    typeof value === "string" ? value.replace(/^ +/gm, "") : value,
  );
  const bytes = Buffer.byteLength(json);
  if (bytes > MOST_BYTES)
    throw new Error(`Cannot build the recipe: expected at most ${MOST_BYTES} bytes as compact JSON, has ${bytes}`);
  return json;
}
