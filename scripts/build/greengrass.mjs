// greengrass-build/: what `gdk component publish` and local deployments take.
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ARTIFACTS, COMPONENT, TOP, VERSION } from "./paths.mjs";

/**
 * Lays the recipe and the artifacts. GDK looks for `recipe.yaml`; nucleus lite finds a recipe by `<name>-<version>.yaml`, a
 * name that GDK writes itself when it publishes.
 */
export function greengrassTree() {
  const tree = join(TOP, "greengrass-build");
  rmSync(tree, { recursive: true, force: true });
  for (const name of ["recipe", `${COMPONENT}-${VERSION}`])
    cpSync(join(TOP, "recipe/recipe.yaml"), join(tree, "recipes", `${name}.yaml`));
  cpSync(ARTIFACTS, join(tree, "artifacts", COMPONENT, VERSION), { recursive: true });
}
