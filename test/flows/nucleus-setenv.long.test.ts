import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { NAME, startScene } from "./flow-parts.js";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function scene(nodePath: string, quotesSetenv: boolean) {
  const it = await startScene({ flavour: "lite", quotesSetenv, configuration: { nodePath }, isNew: true });
  closers.push(it.close);
  return it;
}

// Release 2.6.0 writes `export NAME=value` without quotes; commits from 9b4b7622 on put single quotes around it.
describe.each([
  ["release 2.6.0", false],
  ["later commits", true],
] as const)("nodePath on nucleus lite, whose Setenv is exported as in %s", (_, quotesSetenv) => {
  it("may hold blanks", async () => {
    const folder = mkdtempSync(join(tmpdir(), "packdrift-setenv-"));
    closers.push(() => rmSync(folder, { recursive: true, force: true }));
    mkdirSync(join(folder, "my  programs"));
    symlinkSync(process.execPath, join(folder, "my  programs/node"));

    const it = await scene(join(folder, "my  programs/node"), quotesSetenv);

    expect(await it.reports.next(() => true)).toMatchObject({ drift: "IN_SYNC" });
  });

  it.each([
    "node; touch hacked",
    "$(touch hacked)",
    "`touch hacked`",
    "node\ntouch hacked",
    "'; touch hacked; '",
    // The ends of a here-document.
    ...["END", "$END"].map((end) => `node\n${end}\nfi\ntouch hacked\nif :; then\ncat <<'${end}'`),
  ])("runs nothing that hides in %j", async (nodePath) => {
    const it = await scene(nodePath, quotesSetenv);

    const { code } = await it.component.exited;

    expect([code === 0, it.nucleus.stateOf(NAME)]).toEqual([false, "ERRORED"]);
    expect(readdirSync(it.work).filter((name) => name === "hacked")).toEqual([]);
  });
});
