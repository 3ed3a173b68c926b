import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openSqlite } from "../../../src/fleet/store/open-sqlite.js";
import { builtWorker } from "./built-worker.js";
import { insertion } from "./insertion.js";

describe("a SQLite store that was closed", () => {
  const folder = mkdtempSync(join(tmpdir(), "packdrift-closed-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each([true, false])("has everything in its one file, with threads: %s", async (hasThreads) => {
    const [file, copy] = [join(folder, `${hasThreads}.db`), join(folder, `copy-${hasThreads}.db`)];
    const store = await openSqlite(file, hasThreads ? { worker: await builtWorker(folder) } : {});
    await store.write([insertion("thing", { thing: "cam-1", expected: 1, first_heard: null, last_heard: null })]);
    expect(await store.all("SELECT thing FROM thing")).toEqual([{ thing: "cam-1" }]);

    await store.close();
    copyFileSync(file, copy);

    const copied = await openSqlite(copy);
    expect(await copied.all("SELECT thing FROM thing")).toEqual([{ thing: "cam-1" }]);
    await copied.close();
  });
});
