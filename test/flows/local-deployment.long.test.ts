import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { parseSettings } from "../../src/config/parse-settings.js";
import type { Flavour } from "../../src/lab/flavour.js";
import { NAME, type SceneOptions, startScene, TOP, VERSION } from "./flow-parts.js";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const PAGE = readFileSync(join(TOP, "docs/deploy-greengrass.md"), "utf8");

/** The page's command for a deployment on the device, with lines that go on joined. */
function commandOf(program: string): string {
  const command = PAGE.replace(/\\\n\s*/g, "")
    .split("\n")
    .find((line) => line.startsWith("sudo ") && line.includes(`${program} `));
  if (command === undefined) throw new Error(`docs/deploy-greengrass.md has no command of ${program}`);
  return command;
}

/** What an option of a command is given. */
function optionOf(command: string, option: string): string {
  const [, quoted, plain] = new RegExp(`${option} (?:["']([^"']+)["']|(\\S+))`).exec(command) ?? [];
  return quoted ?? plain ?? "";
}

/** The files that a nucleus takes from the folders that a command names: it finds a recipe by name and version. */
function taken(command: string, recipes: string, artifacts: string, component: string): SceneOptions {
  const [name = "", version = ""] = optionOf(command, component).split("=");
  const folder = join(TOP, optionOf(command, recipes));
  const recipe = ["json", "yaml", "yml"]
    .map((extension) => join(folder, `${name}-${version}.${extension}`))
    .find((file) => existsSync(file));
  if (recipe === undefined) throw new Error(`No recipe for ${name} ${version} in ${folder}`);
  return { recipe, artifacts: join(TOP, optionOf(command, artifacts), name, version) };
}

describe("the command of docs/deploy-greengrass.md for a deployment on the device", () => {
  it.each<[Flavour, string, string, string, string]>([
    ["classic", "greengrass-cli", "--recipeDir", "--artifactDir", "--merge"],
    ["lite", "ggl-cli", "--recipe-dir", "--artifacts-dir", "--add-component"],
  ])("deploys what the build has laid on the %s nucleus", async (flavour, program, recipes, artifacts, component) => {
    const command = commandOf(program);
    const it = await startScene({ flavour, isNew: true, ...taken(command, recipes, artifacts, component) });
    closers.push(it.close);

    expect(optionOf(command, component)).toBe(`${NAME}=${VERSION}`);
    expect((await it.reports.next(() => true)).drift).toBe("IN_SYNC");
  });

  it("gives the classic nucleus a configuration that packdrift accepts", () => {
    const update = JSON.parse(/--update-config '(.+)'$/.exec(commandOf("greengrass-cli"))?.[1] ?? "");

    expect(update[NAME].MERGE.nodePath).toMatch(/^\//);
    expect(parseSettings(update[NAME].MERGE).jobs).toEqual([]);
  });
});
