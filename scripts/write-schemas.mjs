// Writes the JSON Schema of the settings from the code that parses them. Run by `npm run schemas`.
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const source = join(dirname(fileURLToPath(import.meta.url)), "../src/config");
const { outputFiles } = await build({
  entryPoints: [join(source, "settings-schema.ts")],
  bundle: true,
  platform: "node",
  format: "esm",
  write: false,
});
const code = Buffer.from(outputFiles[0].contents).toString("base64");
const { settingsSchema } = await import(`data:text/javascript;base64,${code}`);
writeFileSync(join(source, "settings.schema.json"), `${JSON.stringify(settingsSchema(), null, 1)}\n`);
