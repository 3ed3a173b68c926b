import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqlite } from "../../../src/fleet/store/open-sqlite.js";
import { isLong } from "../../long-runs.js";
import { builtWorker } from "./built-worker.js";
import { storeConformance } from "./conformance.js";

// Starting the threads of a store takes half a second of processor time. The fleet's flows and sqlite-killed have them, too.
const threads = isLong;
storeConformance(threads ? "SQLite in threads" : "SQLite", async () => {
  const folder = mkdtempSync(join(tmpdir(), "packdrift-store-"));
  const worker = threads ? await builtWorker(folder) : null;
  let file = "";
  let count = 0;
  return {
    open: (options) => {
      count += 1;
      file = join(folder, `${count}.db`);
      return openSqlite(file, { ...options, worker });
    },
    async again(store, options) {
      await store.close();
      return openSqlite(file, { ...options, worker });
    },
    stop: async () => rmSync(folder, { recursive: true }),
  };
});
