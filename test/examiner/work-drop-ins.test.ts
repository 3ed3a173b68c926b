import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { workDropIns } from "../../src/examiner/work-drop-ins.js";
import { asNobody } from "../as-nobody.js";

let work: string;
const folder = () => join(work, "facts.d");
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), "packdrift-drop-ins-"));
  mkdirSync(folder());
  chmodSync(folder(), 0o755);
  for (const name of ["one.json", "two.json"])
    writeFileSync(join(folder(), name), JSON.stringify({ key: "l4t", value: "32.7.1", source: name }));
});
afterEach(() => rmSync(work, { recursive: true, force: true }));
const sources = () => workDropIns(work).declared.map(({ from }) => from.replace(work, "WORK"));

describe("workDropIns", () => {
  it("reads what is declared in the work folder", () => {
    expect(sources()).toEqual(["WORK/facts.d/one.json (one.json)", "WORK/facts.d/two.json (two.json)"]);
    expect(workDropIns(join(work, "none"))).toEqual({ declared: [], problems: [] });
  });

  it("leaves out a file that others may write, and says so", () => {
    const path = join(folder(), "one.json");
    chmodSync(path, 0o666);

    expect(sources()).toEqual(["WORK/facts.d/two.json (two.json)"]);
    expect(workDropIns(work).problems).toEqual([
      `Cannot use the facts in "${path}": may be written by others: its mode is 0666, must be 0644 or less`,
    ]);
  });

  it("names the files of a folder that may be listed but not searched", async () => {
    chmodSync(work, 0o755);
    chmodSync(folder(), 0o644);
    const found = await asNobody(() => workDropIns(work));
    chmodSync(folder(), 0o755);

    expect(found).toEqual({
      declared: [],
      problems: ["one.json", "two.json"].map(
        (name) => `Cannot use the facts in "${join(folder(), name)}": permission denied (EACCES)`,
      ),
    });
  });

  it("says that the work folder is a file", () => {
    const file = join(folder(), "one.json");

    expect(workDropIns(file).problems).toEqual([
      `Cannot use the facts in "${file}/facts.d": a part of its path is not a folder (ENOTDIR)`,
    ]);
  });

  it("reads nothing from a folder that others may write to", () => {
    chmodSync(folder(), 0o777);

    expect(workDropIns(work)).toEqual({
      declared: [],
      problems: [
        `Cannot use the facts in "${folder()}": may be written by others: its mode is 0777, must be 0755 or less`,
      ],
    });
  });
});
