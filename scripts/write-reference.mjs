// Writes what code renders into the pages of docs/reference. Run by `npm run docs`.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { importSource } from "./import-source.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const { GENERATED, withGenerated } = await importSource(join(here, "reference/pages.ts"));
for (const page of Object.keys(GENERATED)) {
  const file = join(here, "..", page);
  writeFileSync(file, withGenerated(page, readFileSync(file, "utf8")));
}
