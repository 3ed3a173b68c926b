import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { missingParts } from "./needed.js";

/**
 * Builds the bundle once before all tests: flows run it as its own process, as a user does. PACKDRIFT_BUILT says that what
 * stands there is from just now, as when CI runs one suite after another.
 */
export default function build(): void {
  for (const line of missingParts()) console.log(line);
  if (process.env.PACKDRIFT_BUILT === "1") return;
  execFileSync(process.execPath, [join(import.meta.dirname, "../scripts/build.mjs")], { stdio: "inherit" });
}
