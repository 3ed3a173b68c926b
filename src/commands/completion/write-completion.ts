import { renderBash } from "../help/completion/bash.js";
import { renderFish } from "../help/completion/fish.js";
import { renderZsh } from "../help/completion/zsh.js";
import { renderHelp } from "../help/render-help.js";
import { COMPLETION } from "../help/specs/completion.js";
import type { Command } from "../shared/command.js";
import { outcomeOf } from "../shared/outcome.js";
import { asksForHelp, parseOptions } from "../shared/parse-options.js";
import { type Terminal, textStyle } from "../shared/terminal.js";

/** `packdrift completion SHELL`: writes the shell's completion of this program. */
export function runCompletion(args: readonly string[], terminal: Terminal): Promise<number> {
  return outcomeOf(asksForHelp(args) ? help : write, args, terminal, COMPLETION.name);
}

const help: Command = async (_, terminal) => {
  terminal.out(renderHelp(COMPLETION, textStyle(terminal).width));
  return 0;
};

const write: Command = async (args, terminal) => {
  const [shell] = parseOptions(args, COMPLETION).positionals;
  const render = shell === "bash" ? renderBash : shell === "zsh" ? renderZsh : renderFish;
  terminal.out(render());
  return 0;
};
