import type { CommandSpec, GroupSpec } from "../spec.js";
import { SUMMARIES } from "../summaries.js";
import { JSON_FLAG, WRONG_USE } from "./shared-options.js";

const PAGE = "docs/reference/settings.md";

export const CONFIG_CHECK = {
  name: "config check",
  summary: "check a configuration, and explain what it means",
  usage: ["FILE [--thing NAME] [--json]"],
  arguments: {
    name: "FILE",
    required: true,
    completes: "file",
    what: "settings, a deployment or a recipe, YAML or JSON; - for standard input",
  },
  options: { thing: { value: "NAME", what: "show when this thing checks next" }, json: JSON_FLAG },
  examples: [{ command: "config check deployment.json --thing line-3", what: "before it is deployed" }],
  exits: { 0: "good", 1: "has problems", 3: WRONG_USE },
  page: PAGE,
} as const satisfies CommandSpec;

export const CONFIG = {
  name: "config",
  summary: SUMMARIES.config,
  actions: [CONFIG_CHECK],
  page: PAGE,
} as const satisfies GroupSpec;
