import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqlite } from "../../../src/fleet/store/open-sqlite.js";
import { storeConformance } from "./conformance.js";

storeConformance("SQLite", async () => {
  const folder = mkdtempSync(join(tmpdir(), "packdrift-store-"));
  let file = "";
  let count = 0;
  return {
    open: (options) => {
      count += 1;
      file = join(folder, `${count}.db`);
      return openSqlite(file, options);
    },
    async again(store, options) {
      await store.close();
      return openSqlite(file, options);
    },
    stop: async () => rmSync(folder, { recursive: true }),
  };
});
