import type { CommandSpec } from "../spec.js";
import { SUMMARIES } from "../summaries.js";
import { WRONG_USE } from "./shared-options.js";

export const COMPLETION = {
  name: "completion",
  summary: SUMMARIES.completion,
  usage: ["bash|zsh|fish"],
  arguments: { name: "SHELL", required: true, choices: ["bash", "zsh", "fish"], what: "the shell to write it for" },
  options: {},
  examples: [
    { command: "completion bash > ~/.local/share/bash-completion/completions/packdrift", what: "bash" },
    { command: "completion zsh > ~/.zfunc/_packdrift", what: "zsh, a folder of $fpath" },
    { command: "completion fish > ~/.config/fish/completions/packdrift.fish", what: "fish" },
  ],
  exits: { 0: "written", 3: WRONG_USE },
  page: "docs/reference/cli.md",
} as const satisfies CommandSpec;
