import { createRequire } from "node:module";

/** Loads the package with the API of `node:sqlite`. The build replaces this file by a bundled package. */
export function sqlitePackage(): unknown {
  return createRequire(import.meta.url)("@photostructure/sqlite");
}
