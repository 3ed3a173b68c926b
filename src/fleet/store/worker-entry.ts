import { parentPort, workerData } from "node:worker_threads";
import { serve } from "./serve-worker.js";
import type { ThreadRole } from "./worker-protocol.js";

// A thread of the fleet's store: a file of its own in dist/.
if (parentPort !== null) serve(workerData as ThreadRole, parentPort);
