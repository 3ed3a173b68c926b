import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runArchive } from "../../../src/commands/archive/run-archive.js";
import { parseCompilerOptions } from "../../../src/job/compiler-options.js";

// Files as people have them, with what is right to make of each (fixtures/SOURCE.txt).

const FIXTURES = join(import.meta.dirname, "fixtures");

/** What is right for one file; where a list stands in place of a value, any of it is right. A missing key is not judged. */
interface Wanted {
  readonly taken?: readonly Readonly<Record<string, unknown>>[];
  readonly refused?: boolean;
  /** Words of the refusal, each one or any of several. */
  readonly says?: readonly (string | readonly string[])[];
  readonly why: string;
}
const WANTED: Readonly<Record<string, Wanted>> = JSON.parse(readFileSync(join(FIXTURES, "wanted.json"), "utf8"));

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "packdrift-field-cases-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

async function archive(...args: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
  let out = "";
  const terminal = {
    out: (text: string) => {
      out += text;
    },
    err: () => {},
    status: () => {},
    errColumns: null,
    env: {},
    isTerminal: false,
    columns: 100,
  };
  const code = await runArchive([args[0] ?? "", "--dir", dir, ...args.slice(1)], terminal);
  return { code, out };
}

/** What a file's jobs say in the archive, by the names that `wanted.json` has for it. */
async function storedJobs(): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { jobs } = JSON.parse((await archive("list", "--json")).out);
  return Promise.all(
    jobs.map(async ({ project, job }: { project: string; job: string }) => {
      const shown = JSON.parse((await archive("show", `${project}/${job}`)).out).ModelPackagingDescription;
      const greengrass = shown.ModelPackagingConfiguration?.Greengrass ?? {};
      return {
        job: `${project}/${job}`,
        device: greengrass.TargetDevice ?? null,
        arch: greengrass.TargetPlatform?.Arch ?? null,
        accelerator: greengrass.TargetPlatform?.Accelerator ?? null,
        options: optionsOf(greengrass.CompilerOptions ?? null),
        status: shown.Status ?? null,
        component: greengrass.ComponentName ?? null,
        version: greengrass.ComponentVersion ?? null,
      };
    }),
  );
}

function optionsOf(text: string | null): Readonly<Record<string, string>> | null {
  if (text === null) return null;
  const { gpuCode, trtVer, cudaVer, mcpu, other } = parseCompilerOptions(text);
  const known = { "gpu-code": gpuCode, "trt-ver": trtVer, "cuda-ver": cudaVer, mcpu };
  return { ...Object.fromEntries(Object.entries(known).filter((pair) => pair[1] !== null)), ...other } as never;
}

describe("archive import of files from the field", () => {
  it.each(Object.entries(WANTED))("%s", async (file, wanted) => {
    const imported = await archive("import", join(FIXTURES, file), "--json");
    const [{ jobs: accounts }] = JSON.parse(imported.out).accounts;
    const stored = await storedJobs();

    if (stored.length === 0) {
      expect(wanted, wanted.why).toHaveProperty("refused", true);
      for (const words of wanted.says ?? []) {
        const any = [words].flat().map((word) => word.toLowerCase());
        expect(any.some((word) => accounts[0].why.toLowerCase().includes(word))).toBe(true);
      }
    } else {
      expect(stored).toHaveLength(wanted.taken?.length ?? 0);
      for (const [at, job] of (wanted.taken ?? []).entries()) {
        for (const [key, value] of Object.entries(job)) {
          if (key === "job" && value === null) continue;
          const right = Array.isArray(value) ? value : [value];
          expect(right, `${key}: ${wanted.why}`).toContainEqual(stored[at]?.[key]);
        }
      }
    }
    expect((await archive("verify")).code).toBe(0);
  });
});
