import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { RUN_TWICE } from "./long-runs.js";

const TOP = join(import.meta.dirname, "..");

it("plays in full in the long run every file that holds something back in npm test", () => {
  const isRunTwice = RUN_TWICE.map(
    (glob) => new RegExp(`^${glob.replace(/[{,}]/g, (mark) => ({ "{": "(", ",": "|", "}": ")" })[mark] ?? "")}$`),
  );
  const holdsBack = (path: string) =>
    /from "[./]+long-runs\.js"|\bcommand\b.* from "\.\/cli\.js"/.test(readFileSync(join(TOP, path), "utf8"));

  const files = readdirSync(join(TOP, "test"), { recursive: true })
    .map((path) => `test/${path}`)
    .filter((path) => path.endsWith(".test.ts") && path !== "test/long-runs.test.ts" && holdsBack(path));

  expect(files.length).toBeGreaterThan(20);
  expect(files.filter((path) => !isRunTwice.some((glob) => glob.test(path)))).toEqual([]);
});
