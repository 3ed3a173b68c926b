// What every part of the build needs to know: where things are, and the one version number of package, recipe and GDK.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const TOP = join(dirname(fileURLToPath(import.meta.url)), "../..");
export const COMPONENT = "io.packdrift.Monitor";
export const { version: VERSION } = JSON.parse(readFileSync(join(TOP, "package.json"), "utf8"));
export const require = createRequire(import.meta.url);
/** The folder of aws-crt, with its JavaScript and its native parts. */
export const CRT = dirname(require.resolve("aws-crt/package.json"));
/** The folder of the package that replaces `node:sqlite`, with its native parts. */
export const SQLITE = dirname(require.resolve("@photostructure/sqlite/package.json"));
export const DIST = join(TOP, "dist");
/** What Greengrass deploys. */
export const ARTIFACTS = join(TOP, "artifacts", COMPONENT, VERSION);
