import { describe } from "vitest";
import { lacks } from "../../needed.js";
import { DEBIANS } from "../../postgres-engines.js";
import { peersSuite } from "./peers-suite.js";

describe.skipIf(lacks("PostgreSQL"))("with Debian's server", () => peersSuite(DEBIANS));
