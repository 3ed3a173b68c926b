import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { pageOf, TOP } from "./pages.js";

/** A figure of a page, the file of the code that has it, and the factor between the two. */
type Figure = readonly [page: string, said: RegExp, file: string, named: RegExp, unit: number];

const [SECOND, MINUTE, HOUR, KIB, MIB] = [1_000, 60_000, 3_600_000, 1_024, 1_048_576];
const FIGURES: readonly Figure[] = [
  ["SECURITY.md", /accepts (\d+) requests within a minute/, "src/agent/requests/answer.ts", /MOST_A_MINUTE = (.+);/, 1],
  [
    "docs/operate.md",
    /More than (\d+) requests within a minute/,
    "src/agent/requests/answer.ts",
    /MOST_A_MINUTE = (.+);/,
    1,
  ],
  ["docs/operate.md", /at least (\d+) s apart/, "src/agent/requests/answer.ts", /WORK_GAP_MS = (.+);/, SECOND],
  [
    "docs/operate.md",
    /The last (\d+) ids are remembered/,
    "src/agent/requests/request-memory.ts",
    /MOST_REMEMBERED = (.+);/,
    1,
  ],
  ["docs/operate.md", /A request has at most ([\d,]+) bytes/, "src/agent/requests/request.ts", /MOST_BYTES = (.+);/, 1],
  [
    "docs/operate.md",
    /does not come back within (\d+) s/,
    "src/agent/connection/echo.ts",
    /ANSWER_LIMIT_MS = (.+);/,
    SECOND,
  ],
  ["docs/operate.md", /answers within ([\d.]+) s/, "src/agent/veto.ts", /VALIDATION_LIMIT_MS = (.+);/, SECOND],
  ["docs/operate.md", /at most every (\d+) s/, "src/agent/shadow/keep.ts", /LEAST_GAP_MS = (.+);/, SECOND],
  ["docs/operate.md", /content up to (\d+) KB/, "src/agent/watch-files.ts", /MOST_CONTENT_BYTES = (.+);/, KIB],
  ["docs/architecture.md", /stored in memory \((\d+) MB\)/, "src/outbox/reclaim.ts", /MOST_MEMORY_BYTES = (.+);/, MIB],
  [
    "docs/architecture.md",
    /at most (\d+) s in the first five minutes of an outage/,
    "src/base/backoff.ts",
    /SHORT_OUTAGE_RETRY_MS = (.+);/,
    SECOND,
  ],
  [
    "docs/architecture.md",
    /split at ([\d,]+) bytes/,
    "src/agent/connection/split-after-drop.ts",
    /MOST_IPC_BYTES = (.+);/,
    1,
  ],
  [
    "docs/reference/reports-and-topics.md",
    /within (\d+) minutes is sent again/,
    "src/outbox/resend.ts",
    /FIRST_RESEND_MS = (.+);/,
    MINUTE,
  ],
  [
    "docs/reference/reports-and-topics.md",
    /up to every (\d+) hours/,
    "src/outbox/resend.ts",
    /LAST_RESEND_MS = (.+);/,
    HOUR,
  ],
  [
    "docs/reference/reports-and-topics.md",
    /keeps a report for (\d+) hours/,
    "src/outbox/reclaim.ts",
    /RETENTION_MS = (.+);/,
    HOUR,
  ],
  [
    "docs/reference/reports-and-topics.md",
    /complete answer within (\d+) s/,
    "src/sources/choose.ts",
    /TIME_LIMIT_MS = (.+);/,
    SECOND,
  ],
  [
    "docs/reference/reports-and-topics.md",
    /refuses messages over (\d+) KB/,
    "src/report/parse-report.ts",
    /MOST_MESSAGE_BYTES = (.+);/,
    KIB,
  ],
  [
    "docs/archive.md",
    /One address may hold (\d+)/,
    "src/platform/http-server.ts",
    /MAX_CONNECTIONS_OF_A_CLIENT = (.+);/,
    1,
  ],
  ["docs/archive.md", /of the (\d+) connections/, "src/platform/http-server.ts", /MAX_CONNECTIONS = (.+);/, 1],
  ["docs/archive.md", /no more than (\d+) minutes old/, "src/archive/access/signature.ts", /SKEW_MS = (.+);/, MINUTE],
  [
    "docs/archive.md",
    /credentials are found within (\d+) s/,
    "src/sources/api.ts",
    /CREDENTIALS_LIMIT_MS = (.+);/,
    SECOND,
  ],
];

/** The first group of a pattern whose blanks stand for any white space. */
function groupIn(text: string, pattern: RegExp): string | null {
  return new RegExp(pattern.source.replace(/ /g, "\\s+")).exec(text)?.[1] ?? null;
}

/** A product of numbers, as the code writes it: `15 * 60_000`, `2 * 2 ** 20`. */
function numberIn(text: string | null): number {
  const factors = (text ?? "").replace(/[_,]/g, "").split(/(?<!\*)\*(?!\*)/);
  return factors.reduce((product, factor) => {
    const [base = "", power = "1"] = factor.split("**");
    return product * Number(base) ** Number(power);
  }, 1);
}

describe("the figures of the pages", () => {
  it.each(FIGURES)("%s: %s is what %s has", (page, said, file, named, unit) => {
    const stated = numberIn(groupIn(pageOf(page).text, said));
    const code = numberIn(groupIn(readFileSync(join(TOP, file), "utf8"), named));

    expect(stated * unit).toBe(code);
  });
});

describe("SECURITY.md", () => {
  const { text } = pageOf("SECURITY.md");
  const source = (file: string) => readFileSync(join(TOP, file), "utf8");

  it("says of the outbox's folder, of key files and of core dumps what the code does", () => {
    expect(text).toMatch(/has mode 0700/);
    expect(source("src/platform/file-store.ts")).toContain("mode: 0o700");
    expect(source("src/base/secret-file.ts")).toContain("(mode & 0o077) === 0");
    expect(source("recipe/recipe.yaml").match(/ulimit -c 0/g)).toHaveLength(2);
  });

  it("names the files that the build puts next to the programs", () => {
    const build = ["scripts/build/release-files.mjs", "scripts/build/sbom.mjs", "scripts/build/notices.mjs"]
      .map(source)
      .join("");

    for (const file of ["SHA256SUMS", "sbom.cdx.json", "THIRD-PARTY-NOTICES.txt"]) {
      expect(text).toContain(file);
      expect(build).toContain(file);
    }
  });
});
