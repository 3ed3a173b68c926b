import { openSqlite } from "../../../src/fleet/store/open-sqlite.js";
import { questionsSuite } from "./questions-suite.js";

questionsSuite("SQLite", async () => ({ open: () => openSqlite(":memory:"), stop: async () => {} }));
