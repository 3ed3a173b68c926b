// dist/packdrift.1, from the table of commands.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { importSource } from "../import-source.mjs";
import { DIST, TOP, VERSION } from "./paths.mjs";

export async function manPage() {
  const { renderManPage } = await importSource(join(TOP, "src/commands/help/man-page.ts"));
  writeFileSync(join(DIST, "packdrift.1"), renderManPage(VERSION));
}
