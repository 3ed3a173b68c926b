// Writes the pictures of the fleet's pages in docs/pictures, of a fleet made up by the tests. Needs Debian's chromium. Run by `npm run pictures`.
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const tests = join(top, "test/fleet/web");
const outfile = join(top, "node_modules/.cache/packdrift/fleet-pictures.mjs");
await build({
  stdin: {
    contents: `export { fakeFleet } from "./fake-fleet.js"; export { serveFake } from "./serving.js";`,
    resolveDir: tests,
    loader: "ts",
  },
  bundle: true,
  platform: "node",
  format: "esm",
  outfile,
  external: ["esbuild"],
  // The bundle lies elsewhere than the sources, which find the page's files beside them.
  define: { "import.meta.dirname": JSON.stringify(tests) },
  logLevel: "warning",
});
const { fakeFleet, serveFake } = await import(pathToFileURL(outfile).href);

/** What is shown: a page, how wide and how high, in which colours. */
const PICTURES = [
  { name: "fleet", path: "/", width: 1280, height: 860, colorScheme: "light" },
  { name: "fleet-dark", path: "/", width: 1280, height: 860, colorScheme: "dark" },
  { name: "fleet-phone", path: "/", width: 390, height: 844, colorScheme: "light" },
  { name: "fleet-device", path: "/devices/line-1-cam-01", width: 1280, height: 1000, colorScheme: "light" },
  { name: "fleet-what-if", path: "/what-if?jetpack=5.1.2", width: 1280, height: 820, colorScheme: "light" },
];

const fleet = fakeFleet(240);
const [cause] = (await fleet.questions.causes({}, { limit: 1 })).items;
await fleet.actions.ask("check", { cause: cause.cause }, "anna");
fleet.requests = fleet.requests.map((each) => ({ ...each, answered: 9, silent: 3, waiting: each.asked - 12 }));
const service = await serveFake(fleet);
const folder = join(top, "docs/pictures");
mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
for (const { name, path, width, height, colorScheme } of PICTURES) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme, reducedMotion: "reduce" });
  await page.goto(service.url + path);
  await page.screenshot({ path: join(folder, `${name}.png`) });
  await page.close();
}
await browser.close();
await service.close();
