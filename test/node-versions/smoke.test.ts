import { nodesNamed } from "./nodes.js";
import { smoke } from "./smoke.js";

// The oldest, on this machine's own processor; NODE_VERSIONS names others.
smoke(nodesNamed(process.env.NODE_VERSIONS ?? "16"));
