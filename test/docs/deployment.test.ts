import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseSettings } from "../../src/config/parse-settings.js";
import { blocksOf, pageOf, TOP } from "./pages.js";

const PAGE = pageOf("docs/deploy-greengrass.md");
const { version } = JSON.parse(readFileSync(join(TOP, "package.json"), "utf8"));
const [DEPLOYMENT, CONFIGURATION] = blocksOf(PAGE)
  .filter(({ language }) => language === "json")
  .map(({ text }) => JSON.parse(text));

describe("the deployments of docs/deploy-greengrass.md", () => {
  it("name this component in this version", () => {
    expect(DEPLOYMENT.components["io.packdrift.Monitor"].componentVersion).toBe(version);
    expect(PAGE.text).toContain(`--merge "io.packdrift.Monitor=${version}"`);
    expect(PAGE.text).toContain(`--add-component io.packdrift.Monitor=${version}`);
  });

  it("merge a configuration that is accepted", () => {
    const { merge } = DEPLOYMENT.components["io.packdrift.Monitor"].configurationUpdate;
    const { nodePath: _, ...settings } = CONFIGURATION;

    expect(parseSettings(JSON.parse(merge)).jobs).toEqual([]);
    expect(parseSettings(settings).jobs).toEqual([
      { project: "gear-teeth", job: "gear-teeth-sm72", component: null, compilationJob: null },
    ]);
  });
});
