import { openSqlite } from "../../../src/fleet/store/open-sqlite.js";
import { ingestedSuite } from "./ingested-suite.js";

ingestedSuite("SQLite", async () => ({ open: () => openSqlite(":memory:"), stop: async () => {} }));
