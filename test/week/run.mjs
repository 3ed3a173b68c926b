// Runs main.ts. Two folders deep, as test/week is: the sources find the repository's top two folders above themselves.
import { join } from "node:path";
import { bundled } from "../bundled.mjs";

const here = import.meta.dirname;
await bundled(join(here, "main.ts"), join(here, "../../dist/test/week.mjs"), { PACKDRIFT_VERSION: '"week"' });
