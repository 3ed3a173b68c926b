// dist/packdrift.1, from the table of commands.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { DIST, TOP, VERSION } from "./paths.mjs";

export async function manPage() {
  const { outputFiles } = await build({
    entryPoints: [join(TOP, "src/commands/help/man-page.ts")],
    bundle: true,
    platform: "node",
    format: "esm",
    write: false,
  });
  const code = Buffer.from(outputFiles[0].contents).toString("base64");
  const { renderManPage } = await import(`data:text/javascript;base64,${code}`);
  writeFileSync(join(DIST, "packdrift.1"), renderManPage(VERSION));
}
