// npm run set-version 1.2.3: one number for package, lock file, recipe, GDK, pages, examples and changelog.
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { setVersion, statedVersions } from "./versions.mjs";

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const [version = ""] = process.argv.slice(2);
try {
  setVersion(top, version);
  const files = [...new Set(statedVersions(top).map(({ file }) => file))];
  console.log(`Set ${version} in ${files.join(", ")} and CHANGELOG.md. Next: npm run build && npm test`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
