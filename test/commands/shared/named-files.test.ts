import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { namedPaths } from "../../../src/commands/shared/named-files.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "packdrift-named-"));
  for (const name of ["a/inner", "a/.git", "a/root/etc", "empty"]) mkdirSync(join(folder, name), { recursive: true });
  for (const name of ["a/2.json", "a/1.json", "a/notes.txt", "a/inner/3.json", "a/.git/4.json", "a/root/5.json"])
    writeFileSync(join(folder, name), "");
  symlinkSync(join(folder, "a/1.json"), join(folder, "a/link.json"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function found(...paths: readonly string[]) {
  const problems: string[] = [];
  const rules = {
    isWhole: (path: string) => path.endsWith("root"),
    names: /\.json$/,
    what: "saved job",
    onProblem: (problem: string) => void problems.push(problem.replaceAll(folder, "DIR")),
  };
  const named = namedPaths(
    paths.map((path) => join(folder, path)),
    rules,
  );
  return {
    problems,
    paths: named.map(({ path, isNamed }) => `${path.slice(folder.length + 1)}${isNamed ? "" : " *"}`),
  };
}

it("finds the files in folders, in order, without hidden ones, and says which were not named themselves", () => {
  expect(found("a")).toEqual({ problems: [], paths: ["a/1.json *", "a/2.json *", "a/inner/3.json *", "a/root *"] });
});

it("returns a file once that is named in several ways", () => {
  expect(found("a/link.json", "a/1.json", "a/inner/../1.json").paths).toEqual(["a/link.json"]);
});

it("leaves it to the reader to report what is wrong with a named file", () => {
  expect(found("none.json", "a/notes.txt")).toEqual({ problems: [], paths: ["none.json", "a/notes.txt"] });
});

it("says when a folder is empty", () => {
  expect(found("empty").problems).toEqual(['Cannot read "DIR/empty": there is no saved job in the folder']);
});
