import { openSqlite } from "../../../src/fleet/store/open-sqlite.js";
import { ingestedSuite } from "./ingested-suite.js";
import { pastSuite } from "./past-suite.js";

const engine = async () => ({ open: () => openSqlite(":memory:"), stop: async () => {} });
ingestedSuite("SQLite", engine);
pastSuite("SQLite", engine);
