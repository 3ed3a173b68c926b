import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lacks } from "../needed.js";
import { type Block, blocksOf, PAGES } from "./pages.js";
import { laySampleFiles } from "./sample-files.js";
import { announcedFailures, isAsShown, type PageShell, pageShell, type Ran } from "./shell.js";

const NOTES = /^(?:exits (?:any|[\d, ]+)|until ".+"|not run: .+|in .+)$/;

/** A page's shell blocks, each with the output that the page shows below it. */
function steps(page: (typeof PAGES)[number]): readonly { readonly block: Block; readonly shown: string | null }[] {
  const blocks = blocksOf(page);
  return blocks.flatMap((block, at) => {
    if (block.language !== "sh") return [];
    const next = blocks[at + 1];
    return [{ block, shown: next?.language === "text" ? next.text : null }];
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** What servers of earlier pages have printed, by their command: the same command is started once for all pages. */
const started = new Map<string, Ran>();

/** Its examples are those of the table of commands, of which test/commands/help holds that they parse. */
const TABLE_OF_COMMANDS = "docs/reference/cli.md";
const WITH_COMMANDS = PAGES.filter(
  (page) => page.file !== TABLE_OF_COMMANDS && steps(page).some(({ block }) => !block.note?.startsWith("not run")),
);

describe.skipIf(lacks("AWS CLI", "openssl", "mosquitto")).each(WITH_COMMANDS)("the commands of $file", (page) => {
  let folder = "";
  let shell: PageShell;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "packdrift-docs-"));
    await laySampleFiles(folder);
    shell = pageShell(folder, { archive: await freePort(), fleet: await freePort() });
  });
  afterAll(async () => {
    await shell.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(steps(page).filter(({ block }) => !block.note?.startsWith("not run")))(
    "line $block.line runs, and prints what the page shows",
    async ({ block, shown }) => {
      const before = block.note?.startsWith("until") ? started.get(block.text) : undefined;
      const { output, failures } = before ?? (await shell.run(block));
      started.set(block.text, { output, failures });

      expect(block.note ?? "in order").toMatch(NOTES);
      expect({ failures, output }).toEqual({ failures: announcedFailures(block.note) ?? failures, output });
      if (shown !== null && !isAsShown(output, shown)) expect(output).toBe(shown);
    },
  );
});

describe("isAsShown", () => {
  it.each([
    ["a\nb\n", "a\nb\n", true],
    ["a\nb\n", "a\n", false],
    ["a\nx\ny\nb\n", "a\n…\nb\n", true],
    ["a\nb\n", "a\n…\nb\n", true],
    ["a 1 b\n", "a … b\n", true],
    ["at 2026-11-29T22:00:00Z\n", "at 2025-01-01T00:00:00.000Z\n", true],
    ["a.b\n", "axb\n", false],
  ])("compares %j with %j: %s", (output, shown, expected) => {
    expect(isAsShown(output, shown)).toBe(expected);
  });
});

describe("announcedFailures", () => {
  it("reads the exit codes of a note", () => {
    expect(announcedFailures("exits 1, 2")).toEqual([1, 2]);
    expect(announcedFailures("exits any")).toBeNull();
    expect(announcedFailures(null)).toEqual([]);
  });
});
