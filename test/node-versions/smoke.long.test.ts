import { nodesNamed } from "./nodes.js";
import { smoke } from "./smoke.js";

// The newest, Node 20, and arm64 emulated, which is slow.
smoke(nodesNamed("26 20 arm64-16 arm64-20"));
