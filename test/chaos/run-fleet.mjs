// Runs fleet.ts. Two folders deep, as test/chaos is: the sources find the repository's top two folders above themselves.
import { join } from "node:path";
import { bundled } from "../bundled.mjs";

const here = import.meta.dirname;
await bundled(join(here, "fleet.ts"), join(here, "../../dist/chaos/fleet.mjs"), { PACKDRIFT_VERSION: '"chaos"' });
