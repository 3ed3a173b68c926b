import type { CommandSpec } from "../spec.js";
import { SUMMARIES } from "../summaries.js";
import { JSON_FLAG, ROOT, WRONG_USE } from "./shared-options.js";

export const DOCTOR = {
  name: "doctor",
  summary: SUMMARIES.doctor,
  usage: ["[--config FILE] [--thing NAME] [--work DIR] [--root DIR] [--json]"],
  options: {
    config: {
      value: "FILE",
      completes: "file",
      what: "the configuration, else what the nucleus or the work folder has",
    },
    thing: { value: "NAME", what: "the thing's name, else AWS_IOT_THING_NAME" },
    work: { value: "DIR", completes: "folder", what: "the folder that packdrift runs in, else the usual ones" },
    root: ROOT,
    json: JSON_FLAG,
  },
  examples: [
    { command: "doctor", what: "on a device, as root or the component's user" },
    { command: "doctor --config /etc/packdrift/config.yaml --thing line-3", what: "without Greengrass" },
  ],
  exits: { 0: "nothing to do", 1: "something to do", 3: WRONG_USE },
  page: "docs/troubleshooting.md",
} as const satisfies CommandSpec;
