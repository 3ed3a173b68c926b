// Writes what code renders into the pages of docs/reference. Run by `npm run docs`.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const { outputFiles } = await build({
  entryPoints: [join(here, "reference/pages.ts")],
  bundle: true,
  platform: "node",
  format: "esm",
  write: false,
});
const code = Buffer.from(outputFiles[0].contents).toString("base64");
const { GENERATED, withGenerated } = await import(`data:text/javascript;base64,${code}`);
for (const page of Object.keys(GENERATED)) {
  const file = join(here, "..", page);
  writeFileSync(file, withGenerated(page, readFileSync(file, "utf8")));
}
