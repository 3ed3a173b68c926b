import { describe } from "vitest";
import { lacks } from "../../needed.js";
import { DEBIANS } from "../../postgres-engines.js";
import { conformanceOn, serverSuite } from "./postgres-suite.js";

describe.skipIf(lacks("PostgreSQL"))("with Debian's server", () => {
  conformanceOn(DEBIANS);
  serverSuite(DEBIANS);
});
