import { describe } from "vitest";
import { openPostgres } from "../../../src/fleet/store/open-postgres.js";
import { lacks } from "../../needed.js";
import { DEBIANS, NEWEST } from "../../postgres-engines.js";
import { alarmConformance } from "../alarms/alarm-conformance.js";
import { ingestedSuite } from "../state/ingested-suite.js";
import { questionsSuite } from "../state/questions-suite.js";
import { peersSuite } from "./peers-suite.js";
import { sharedPostgres } from "./postgres-server.js";
import { conformanceOn, SERIALIZABLE, serverSuite } from "./postgres-suite.js";

// All that the other tests show on Debian's PostgreSQL 15.
describe.skipIf(lacks("PostgreSQL 18"))("with the newest server that npm has", () => {
  const engine = async () => {
    const server = await sharedPostgres(NEWEST);
    return { open: async () => openPostgres(await server.database()), stop: async () => undefined };
  };
  conformanceOn(NEWEST);
  serverSuite(NEWEST);
  peersSuite(NEWEST);
  questionsSuite(NEWEST.name, engine);
  ingestedSuite(NEWEST.name, engine);
  alarmConformance(NEWEST.name, engine);
});

describe.skipIf(lacks("PostgreSQL"))("with Debian's server, where all transactions are serializable", () => {
  conformanceOn(DEBIANS, SERIALIZABLE);
});
