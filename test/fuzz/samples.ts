import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { detectFacts } from "../../src/device/detect.js";
import { linuxHost } from "../../src/device/linux-host.js";
import { summarize } from "../../src/device/summary.js";
import type { FakeTree } from "../device/fake-host.js";

const TOP = join(import.meta.dirname, "../..");
const HOSTS = join(TOP, "test/hosts");

const names = readdirSync(HOSTS, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));

/** The real machines' files, each machine a tree in memory, bytes as characters. */
export const MACHINES: readonly FakeTree[] = names.map((name) => {
  const folder = join(HOSTS, name);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files
      .filter((entry) => entry.name !== "expected.json")
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        return [path.slice(folder.length), readFileSync(path, "latin1")];
      }),
  );
});

/** What `facts --json` prints of each real machine. */
export const FACT_FILES: readonly string[] = names.map((name) =>
  JSON.stringify(summarize(detectFacts(linuxHost(join(HOSTS, name))))),
);

/** What all machines have at the paths that end so. */
export function contentsOf(...ends: readonly string[]): readonly string[] {
  const all = MACHINES.flatMap((tree) =>
    Object.entries(tree).flatMap(([path, entry]) =>
      typeof entry === "string" && ends.some((end) => path.endsWith(end)) ? [entry] : [],
    ),
  );
  // The long ones (128 processors) cost much and show nothing that the short ones do not.
  return [...new Set(all.map((text) => text.slice(0, 8_000)))];
}

/** Saved answers of DescribeModelPackagingJob, as text. */
export const ANSWERS: readonly string[] = [
  ...filesIn("src/lab/jobs", ".json"),
  ...filesIn("test/job/fixtures/answers", ".json"),
];

/** Compiler options as they were seen. */
export const COMPILER_OPTIONS: readonly string[] = (
  JSON.parse(readFileSync(join(TOP, "test/job/fixtures/compiler-options-seen.json"), "utf8")) as {
    readonly compilerOptions: unknown;
  }[]
).flatMap(({ compilerOptions }) => (typeof compilerOptions === "string" ? [compilerOptions] : []));

/** The recipe. */
export const RECIPE: string = readFileSync(join(TOP, "recipe/recipe.yaml"), "latin1");

function filesIn(folder: string, end: string): string[] {
  return readdirSync(join(TOP, folder))
    .filter((name) => name.endsWith(end))
    .map((name) => readFileSync(join(TOP, folder, name), "utf8"));
}
