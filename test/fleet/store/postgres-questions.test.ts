import { describe } from "vitest";
import { openPostgres } from "../../../src/fleet/store/open-postgres.js";
import { lacks } from "../../needed.js";
import { questionsSuite } from "../state/questions-suite.js";
import { startPostgres } from "./postgres-server.js";

describe.skipIf(lacks("PostgreSQL"))("with Debian's server", () => {
  questionsSuite("PostgreSQL", async () => {
    const server = await startPostgres();
    return { open: async () => openPostgres(await server.database()), stop: () => server.stop() };
  });
});
