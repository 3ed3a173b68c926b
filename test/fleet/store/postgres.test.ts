import { describe } from "vitest";
import { openPostgres } from "../../../src/fleet/store/open-postgres.js";
import { lacks } from "../../needed.js";
import { storeConformance } from "./conformance.js";
import { startPostgres } from "./postgres-server.js";

describe.skipIf(lacks("PostgreSQL"))("with Debian's server", () => {
  storeConformance("PostgreSQL", async () => {
    // The system outlives these tests: what a loss of power does is not among them.
    const server = await startPostgres(["fsync=off"]);
    let url = "";
    return {
      async open(options) {
        url = await server.database();
        return openPostgres(url, options);
      },
      async again(store, options) {
        await store.close();
        return openPostgres(url, options);
      },
      stop: () => server.stop(),
    };
  });
});
