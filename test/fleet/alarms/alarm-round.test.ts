import { openSqlite } from "../../../src/fleet/store/open-sqlite.js";
import { alarmConformance } from "./alarm-conformance.js";

alarmConformance("SQLite", async () => ({ open: () => openSqlite(":memory:"), stop: async () => undefined }));
