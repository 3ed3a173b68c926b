import type { Grammar } from "../spec.js";

/** Only for `run`, which starts it, so no help shows it. */
export const EXAMINE = {
  name: "examine",
  options: {
    root: { value: "DIR", default: "/", what: "the folder read as /" },
    work: { value: "DIR", default: ".", what: "the work folder of the component" },
    "greengrass-root": { value: "DIR", default: "/greengrass/v2", what: "Greengrass's root folder" },
    "no-check": { what: "only read the configuration" },
  },
} as const satisfies Grammar;
