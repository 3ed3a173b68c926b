import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StoreThread } from "../../../src/fleet/store/store-thread.js";

describe("StoreThread", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "packdrift-thread-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** A thread that answers a call of "m" as this code says, with `parent` and the call's `id`. */
  const thread = (code: string, onListing: (problem: string | null) => void = () => {}) => {
    const file = join(folder, "worker.mjs");
    writeFileSync(
      file,
      `import { parentPort as parent } from "node:worker_threads"; parent.on("message", ({ id }) => { ${code} });`,
    );
    return new StoreThread(pathToFileURL(file), { role: "query", file: "" }, onListing);
  };

  it("passes on that the folder of keys cannot be read, beside its answers", async () => {
    const problems: (string | null)[] = [];
    const code = `parent.postMessage({ keysProblem: "gone" }); parent.postMessage({ keysProblem: null }); parent.postMessage({ id, result: 1 });`;
    const own = thread(code, (problem) => problems.push(problem));

    expect(await own.call(1, "m")).toBe(1);
    expect(problems).toEqual(["gone", null]);
    await own.end();
  });
});
