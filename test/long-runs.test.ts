import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { RUN_TWICE } from "./long-runs.js";

const TOP = join(import.meta.dirname, "..");

const files = readdirSync(join(TOP, "test"), { recursive: true })
  .map((path) => `test/${path}`)
  .filter((path) => path.endsWith(".test.ts") && path !== "test/long-runs.test.ts" && holdsBack(path));

function holdsBack(path: string): boolean {
  const text = readFileSync(join(TOP, path), "utf8");
  const imported = /import \{([^}]*)\} from "[./]+long-runs\.js"/.exec(text)?.[1] ?? "";
  return /NUCLEI|IN_FULL|alike|isLong|runs/.test(imported) || /\bcommand\b.* from "\.\/cli\.js"/.test(text);
}

it("plays in full in the long run every file that holds something back in npm test", () => {
  const isRunTwice = RUN_TWICE.map(
    (glob) => new RegExp(`^${glob.replace(/[{,}]/g, (mark) => ({ "{": "(", ",": "|", "}": ")" })[mark] ?? "")}$`),
  );

  expect(files.length).toBeGreaterThan(20);
  expect(files.filter((path) => !isRunTwice.some((glob) => glob.test(path)))).toEqual([]);
});

it("plays in full what only the long run plays", () => {
  expect(files.filter((path) => path.endsWith(".long.test.ts"))).toEqual([]);
});
