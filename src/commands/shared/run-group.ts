import { didYouMean } from "../../base/did-you-mean.js";
import { UsageError } from "../../base/errors.js";
import { renderGroupHelp, renderHelp } from "../help/render-help.js";
import type { GroupSpec } from "../help/spec.js";
import type { Command } from "./command.js";
import { outcomeOf } from "./outcome.js";
import { asksForHelp } from "./parse-options.js";
import { type Terminal, textStyle } from "./terminal.js";

type Actions = Readonly<Record<string, () => Promise<Command>>>;

/** Runs the action that the first word names, or shows the help that is asked for. Resolves to the exit code. */
export function runGroup(
  group: GroupSpec,
  actions: Actions,
  [name = "", ...args]: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const load = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (asksForHelp([name, ...args])) return outcomeOf(help(group, name), args, terminal, group.name);
  if (load === undefined) return outcomeOf(unknown(group, name), args, terminal, group.name);
  return outcomeOf(async (rest, at) => (await load())(rest, at), args, terminal, `${group.name} ${name}`);
}

function help(group: GroupSpec, name: string): Command {
  const spec = group.actions.find((each) => each.name === `${group.name} ${name}`);
  if (spec === undefined && !name.startsWith("-")) return unknown(group, name);
  return async (_, terminal) => {
    const { width } = textStyle(terminal);
    terminal.out(spec === undefined ? renderGroupHelp(group, width) : renderHelp(spec, width));
    return 0;
  };
}

function unknown(group: GroupSpec, name: string): Command {
  const names = group.actions.map((action) => action.name.slice(group.name.length + 1));
  const needed = names.length === 1 ? `needs the action ${names[0]}` : `needs an action: ${names.join(", ")}`;
  const problem = name === "" ? needed : `has no action "${name}"${didYouMean(name, names)}, ${needed}`;
  return () => Promise.reject(new UsageError(`${group.name} ${problem}`));
}
