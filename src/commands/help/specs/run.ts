import type { CommandSpec } from "../spec.js";
import { SUMMARIES } from "../summaries.js";

export const RUN = {
  name: "run",
  summary: SUMMARIES.run,
  usage: ["", "--config FILE --thing NAME [--work DIR]"],
  options: {
    config: { value: "FILE", completes: "file", what: "run without Greengrass, with these settings" },
    thing: { value: "NAME", what: "the thing's name; from AWS_IOT_THING_NAME if left out" },
    work: { value: "DIR", completes: "folder", what: "where to store its state; this folder if left out" },
    root: { value: "DIR", completes: "folder", what: 'read this folder as if it were "/"' },
  },
  examples: [{ command: "run --config /etc/packdrift.yaml --thing line-3", what: "as a service, over MQTT" }],
  exits: { 0: "stopped by a signal", 1: "lost its connection: restart it", 3: "the configuration is bad" },
  page: "docs/deploy-greengrass.md",
} as const satisfies CommandSpec;
