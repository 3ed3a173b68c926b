import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TOP } from "./flow-parts.js";

const NOBODY = 65_534;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "packdrift-doctor-folder-"));
  chmodSync(folder, 0o755);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The line about the work folder, by a doctor that runs as nobody. */
function folderLine(work: string): { readonly state: string; readonly found: string; readonly fix: string } {
  const args = [join(TOP, "dist/packdrift.mjs"), "doctor", "--json", "--work", work];
  const { stdout } = spawnSync(process.execPath, args, { encoding: "utf8", uid: NOBODY, gid: NOBODY, cwd: "/" });
  return JSON.parse(stdout).lines.find(({ id }: { readonly id: string }) => id === "work.folder");
}

// Only root may start a process as another user.
describe.skipIf(process.getuid?.() !== 0)("packdrift doctor as the component's user", () => {
  it("names a folder that belongs to another user", () => {
    expect(folderLine(folder)).toMatchObject({
      state: "PROBLEM",
      fix: `sudo chown -R ${NOBODY} ${folder}, or run doctor as the component's user`,
    });
  });

  it("names a folder that its own user cannot write to", () => {
    const own = join(folder, "own");
    mkdirSync(own, { mode: 0o500 });
    chownSync(own, NOBODY, NOBODY);

    expect(folderLine(own)).toMatchObject({
      state: "PROBLEM",
      found: `"${own}" cannot be written to (EACCES)`,
      fix: `chmod u+rwx ${own}`,
    });
  });
});
