import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { detectFacts } from "../../src/device/detect.js";
import { linuxHost } from "../../src/device/linux-host.js";
import { summarize } from "../../src/device/summary.js";
import { compare } from "../../src/drift/compare.js";
import type { Finding } from "../../src/drift/finding.js";
import { remedies } from "../../src/drift/remedies.js";
import { parseJob } from "../../src/job/parse-job.js";
import { NOW } from "./builders.js";

const CASES = join(dirname(fileURLToPath(import.meta.url)), "../field-cases");

/** One word or any one of several. */
type Words = string | readonly string[];
interface Wanted {
  readonly checks: readonly {
    readonly job: string;
    readonly runnable: readonly string[];
    readonly never: readonly Partial<Finding>[];
    readonly says: readonly Words[];
    readonly together?: readonly Words[];
  }[];
}

const NAMES = readdirSync(CASES).sort();
const readJson = (name: string, file: string): unknown => JSON.parse(readFileSync(join(CASES, name, file), "utf8"));
const CHECKS = NAMES.flatMap((name) =>
  (readJson(name, "wanted.json") as Wanted).checks.map((check) => [name, check.job, check] as const),
);

describe("machines from public reports", () => {
  it.each(NAMES)("%s has the facts that its reporter printed", (name) => {
    const expected = readJson(name, "expected.json") as Readonly<Record<string, unknown>>;
    const summary = summarize(detectFacts(linuxHost(join(CASES, name)))) as unknown as Record<string, unknown>;

    expect(cutTensorrt(summary)).toMatchObject(expected);
  });

  it.each(CHECKS)("%s with %s comes out as it did there", (name, file, check) => {
    const facts = detectFacts(linuxHost(join(CASES, name)));
    const input = { job: parseJob(readJson(name, file)), model: null, origin: null, facts, deployed: null, now: NOW };
    const { verdict } = remedies(input, [], compare(input));
    const told = verdict.findings.filter(({ outcome }) => outcome !== "NOT_APPLICABLE").map(textOf);

    expect(check.runnable).toContain(verdict.runnable);
    for (const never of check.never) {
      expect(verdict.findings.filter(({ outcome }) => outcome === "DRIFT")).not.toContainEqual(
        expect.objectContaining(never),
      );
    }
    for (const words of check.says)
      expect(
        told.some((text) => has(text, words)),
        `says ${words}`,
      ).toBe(true);
    const together = check.together ?? [];
    expect(
      told.some((text) => together.every((words) => has(text, words))),
      `says together ${together}`,
    ).toBe(true);
  });
});

function has(text: string, words: Words): boolean {
  return (typeof words === "string" ? [words] : words).some((word) => text.includes(word.toLowerCase()));
}

function textOf(finding: Finding): string {
  const { because, expected, actual, remedy, evidence } = finding;
  return [because, expected, actual, ...remedy, ...evidence.map(({ from, value }) => `${from} ${value}`)]
    .join(" ")
    .toLowerCase();
}

function cutTensorrt(summary: Record<string, unknown>): Record<string, unknown> {
  const { tensorrt } = summary;
  return { ...summary, tensorrt: typeof tensorrt === "string" ? tensorrt.split(".").slice(0, 3).join(".") : tensorrt };
}
