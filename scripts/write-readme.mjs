// Writes the README's tables of rules and settings from the code that they describe. Run by `npm run readme`.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const { outputFiles } = await build({
  entryPoints: [join(here, "readme.ts")],
  bundle: true,
  platform: "node",
  format: "esm",
  write: false,
});
const code = Buffer.from(outputFiles[0].contents).toString("base64");
const { withTables } = await import(`data:text/javascript;base64,${code}`);
const readme = join(here, "../README.md");
writeFileSync(readme, withTables(readFileSync(readme, "utf8")));
