import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { launcher, sha256Of } from "../../scripts/build/device-bundle.mjs";
import { examinerArguments, examinerFile } from "../../src/bundle/examiner-file.js";
import { startExaminer } from "../../src/examiner/process.js";
import { ARTIFACTS } from "./flow-parts.js";

beforeAll(async () => {
  const sha256 = sha256Of(join(ARTIFACTS, "examiner.cjs"));
  vi.stubGlobal("PACKDRIFT_EXAMINER", { sha256, launcher: await launcher() });
});
afterAll(() => vi.unstubAllGlobals());

let work: string;
let path: string;
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), "packdrift-code-"));
  path = join(work, "code.cache");
});
afterEach(() => rmSync(work, { recursive: true, force: true }));

async function schemaOfFacts(): Promise<string> {
  const examiner = startExaminer({
    command: process.execPath,
    args: examinerArguments(examinerFile(ARTIFACTS), path, ["--work", work, "--no-check"]),
    env: { PATH: process.env.PATH },
  });
  return (await examiner.facts()).schema;
}

/** The cache is written when an examiner ends, which is after its answer. */
const written = () => expect.poll(() => readdirSync(work), { timeout: 10_000 }).toContain("code.cache");

describe("an examiner", () => {
  it("answers whatever became of its compiled code, and stores it again", async () => {
    expect(await schemaOfFacts()).toBe("packdrift.facts/1");
    await written();
    const whole = readFileSync(path);

    // Each of these ended an examiner with SIGSEGV, or ran altered code, when V8 alone checked them.
    for (const at of [64, whole.length >> 2, whole.length >> 1, whole.length - 1_000]) {
      const damaged = Buffer.from(whole);
      damaged.fill(0xff, at, at + 512);
      writeFileSync(path, damaged);
      expect(await schemaOfFacts()).toBe("packdrift.facts/1");
      await expect.poll(() => readFileSync(path).equals(damaged), { timeout: 10_000 }).toBe(false);
    }
  });
});
