import { describe } from "vitest";
import { openPostgres } from "../../../src/fleet/store/open-postgres.js";
import { lacks } from "../../needed.js";
import { ingestedSuite } from "../state/ingested-suite.js";
import { pastSuite } from "../state/past-suite.js";
import { questionsSuite } from "../state/questions-suite.js";
import { sharedPostgres } from "./postgres-server.js";

describe.skipIf(lacks("PostgreSQL"))("with Debian's server", () => {
  const engine = async () => {
    const server = await sharedPostgres();
    return { open: async () => openPostgres(await server.database()), stop: async () => undefined };
  };
  questionsSuite("PostgreSQL", engine);
  ingestedSuite("PostgreSQL", engine);
  pastSuite("PostgreSQL", engine);
});
