import type { CommandSpec } from "../spec.js";
import { SUMMARIES } from "../summaries.js";
import { JSON_FLAG, ROOT, WRONG_USE } from "./shared-options.js";

export const MODEL = {
  name: "model",
  summary: SUMMARIES.model,
  usage: ["PATH… [--root DIR] [--json]", "--component NAME[=VERSION] [--root DIR] [--json]"],
  arguments: { name: "PATH…", completes: "file", what: "the model's files, or folders of them" },
  options: {
    component: { value: "NAME[=VERSION]", what: "the model of this component, in Greengrass's package store" },
    root: ROOT,
    json: JSON_FLAG,
  },
  conflicts: [["PATH", "component"]],
  examples: [
    { command: "model ./model", what: "the files in a folder" },
    { command: "model --component com.example.Caps=1.0.0", what: "what Greengrass deployed" },
  ],
  exits: { 0: "read whole", 2: "some files could not be read, or there were none", 3: WRONG_USE },
  page: "docs/recover-jobs.md",
} as const satisfies CommandSpec;
