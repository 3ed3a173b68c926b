import { didYouMean } from "../../base/did-you-mean.js";
import { UsageError } from "../../base/errors.js";
import { renderGroupHelp, renderHelp } from "../help/render-help.js";
import { actionWord, type CommandSpec, type GroupSpec } from "../help/spec.js";
import type { Command } from "./command.js";
import { outcomeOf } from "./outcome.js";
import { asksForHelp } from "./parse-options.js";
import { type Terminal, textStyle } from "./terminal.js";

type Actions = Readonly<Record<string, () => Promise<Command>>>;

/** A command with actions, which may also do something by itself. */
type Group = GroupSpec | (CommandSpec & Required<Pick<CommandSpec, "actions">>);

/**
 * Runs the action that the first word names, or shows the requested help; runs `own` if there is no word before the
 * options. Resolves to the exit code.
 */
export function runGroup(
  group: Group,
  actions: Actions,
  words: readonly string[],
  terminal: Terminal,
  own: Command | null = null,
): Promise<number> {
  const [name = "", ...args] = words;
  const load = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (asksForHelp(words)) return outcomeOf(help(group, name), args, terminal, group.name);
  if (own !== null && (name === "" || name.startsWith("-"))) return outcomeOf(own, words, terminal, group.name);
  if (load === undefined) return outcomeOf(unknown(group, name), args, terminal, group.name);
  return outcomeOf(async (rest, at) => (await load())(rest, at), args, terminal, `${group.name} ${name}`);
}

function help(group: Group, name: string): Command {
  const spec = group.actions.find((each) => each.name === `${group.name} ${name}`);
  if (spec === undefined && name !== "" && !name.startsWith("-")) return unknown(group, name);
  return async (_, terminal) => {
    const { width } = textStyle(terminal);
    const shown = spec ?? group;
    terminal.out("options" in shown ? renderHelp(shown, width) : renderGroupHelp(shown, width));
    return 0;
  };
}

function unknown(group: Group, name: string): Command {
  const names = group.actions.map((action) => actionWord(group, action));
  const needed = names.length === 1 ? `needs the action ${names[0]}` : `needs an action: ${names.join(", ")}`;
  const needs = "options" in group ? "" : `, ${needed}`;
  const problem = name === "" ? needed : `has no action "${name}"${didYouMean(name, names)}${needs}`;
  return () => Promise.reject(new UsageError(`${group.name} ${problem}`));
}
