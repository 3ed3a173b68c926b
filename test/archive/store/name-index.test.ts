import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { jobNames, nameIndex, projectNames } from "../../../src/archive/store/name-index.js";

const entry = (name: string, directory = false) => ({ name, isDirectory: () => directory });

describe("jobNames", () => {
  it("picks the names of jobs, sorted, and says what the other entries lack", () => {
    expect(jobNames([entry("b.json"), entry("a.json"), entry(".a.json"), entry("a b.json"), entry("c.txt")])).toEqual({
      good: ["a", "b"],
      bad: [
        { name: "a b.json", why: "not the name of a job: needs <jobName>.json" },
        { name: "c.txt", why: "not the name of a job: needs <jobName>.json" },
      ],
    });
  });
});

describe("projectNames", () => {
  it("picks the names of folders, sorted, and says what the other entries lack", () => {
    expect(
      projectNames([entry("q", true), entry("p", true), entry("a.json"), entry(".git", true), entry("-x", true)]),
    ).toEqual({
      good: ["p", "q"],
      bad: [
        { name: "a.json", why: "not a project: is not a folder" },
        { name: "-x", why: "not a project: its name must match [a-zA-Z0-9][a-zA-Z0-9_\\-]*" },
      ],
    });
  });
});

describe("nameIndex", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "packdrift-names-"));
    mkdirSync(join(dir, "p"));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it("reads a folder once for everyone who asks at the same time", async () => {
    let reports = 0;
    let at = 0;
    writeFileSync(join(dir, "p/stray.txt"), "");
    const index = nameIndex(dir, {
      now: () => at,
      onSkipped: () => {
        reports += 1;
      },
    });
    await index.jobs("p");
    writeFileSync(join(dir, "p/a.json"), "");
    at = 1_001;

    expect(await Promise.all([index.jobs("p"), index.jobs("p"), index.jobs("p")])).toEqual([["a"], ["a"], ["a"]]);
    expect(reports).toBe(2);
  });

  it("knows no jobs in a project that is gone", async () => {
    let at = 0;
    const index = nameIndex(dir, { now: () => at, onSkipped: () => {} });
    expect([await index.projects(), await index.jobs("p")]).toEqual([["p"], []]);

    rmSync(join(dir, "p"), { recursive: true });
    at = 1_001;

    expect([await index.projects(), await index.jobs("p")]).toEqual([[], null]);
  });
});
