import { createRequire } from "node:module";

/** The package that has the API of `node:sqlite`, loaded when it is asked for. The build replaces this file by a bundled package. */
export function sqlitePackage(): unknown {
  return createRequire(import.meta.url)("@photostructure/sqlite");
}
