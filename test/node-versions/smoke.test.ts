import { nodesNamed } from "./nodes.js";
import { smoke } from "./smoke.js";

// The oldest and the newest on this machine's own processor; NODE_VERSIONS names others.
smoke(nodesNamed(process.env.NODE_VERSIONS ?? "16 26"));
