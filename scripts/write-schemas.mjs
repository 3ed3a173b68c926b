// Writes the JSON Schema of the settings from the code that parses them. Run by `npm run schemas`.
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { importSource } from "./import-source.mjs";

const source = join(dirname(fileURLToPath(import.meta.url)), "../src/config");
const { settingsSchema } = await importSource(join(source, "settings-schema.ts"));
writeFileSync(join(source, "settings.schema.json"), `${JSON.stringify(settingsSchema(), null, 1)}\n`);
