import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** Builds the bundle once before all tests: flows run it as its own process, as a user does. */
export default function build(): void {
  execFileSync(process.execPath, [join(import.meta.dirname, "../scripts/build.mjs")], { stdio: "inherit" });
}
