import { describe } from "vitest";
import { openPostgres } from "../../../src/fleet/store/open-postgres.js";
import { lacks } from "../../needed.js";
import { alarmConformance } from "../alarms/alarm-conformance.js";
import { sharedPostgres } from "./postgres-server.js";

describe.skipIf(lacks("PostgreSQL"))("with Debian's server", () => {
  alarmConformance("PostgreSQL", async () => {
    const server = await sharedPostgres();
    return { open: async () => openPostgres(await server.database()), stop: async () => undefined };
  });
});
