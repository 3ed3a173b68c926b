import { ALL_COMMANDS } from "../all-commands.js";
import { HELP_OPTION } from "../render-help.js";
import { type ArgumentSpec, actionWord, type CommandSpec, type OptionSpec } from "../spec.js";

/** A word that a shell may offer, with what it does. */
export interface Offered {
  readonly word: string;
  readonly what: string;
}

/** Commands that are not in the table. */
const WORDS: readonly Offered[] = [
  { word: "help", what: "show a command's options and examples" },
  { word: "version", what: "show the version" },
];

/** What can follow `packdrift`. */
export const COMMAND_WORDS: readonly Offered[] = [
  ...ALL_COMMANDS.map(({ name, summary }) => ({ word: name, what: summary })),
  ...WORDS,
];

/** A command with actions, and what can follow it. */
export interface ActionWords {
  readonly command: string;
  readonly actions: readonly Offered[];
  /** Null: it needs an action. */
  readonly own: CommandSpec | null;
}

export const ACTION_WORDS: readonly ActionWords[] = ALL_COMMANDS.flatMap((command) => {
  if (command.actions === undefined) return [];
  const actions = command.actions.map((action) => ({ word: actionWord(command, action), what: action.summary }));
  return { command: command.name, actions, own: "options" in command ? command : null };
});

/** A command's options, with the one that all have. */
export function optionsOf(spec: CommandSpec): readonly (readonly [name: string, option: OptionSpec])[] {
  return Object.entries({ ...spec.options, help: HELP_OPTION });
}

/** The kind of a value: one of a few words, a file, a folder, or any text. */
export type ValueKind = { readonly words: readonly string[] } | "file" | "folder" | "text";

export function valueKindOf({ choices, completes }: OptionSpec | ArgumentSpec): ValueKind {
  if (choices !== undefined) return { words: choices };
  return completes ?? "text";
}

/** An option as it is typed: `-o`, `--out`. */
export function optionWords([name, { short }]: readonly [name: string, option: OptionSpec]): readonly string[] {
  return [...(short === undefined ? [] : [`-${short}`]), `--${name}`];
}

/** What may come where no option is expected: arguments, or further values of a list; null: nothing. */
export function filledBy(spec: CommandSpec): ValueKind | null {
  if (spec.arguments !== undefined) return valueKindOf(spec.arguments);
  const list = Object.values(spec.options).find(({ spread }) => spread);
  return list === undefined ? null : valueKindOf(list);
}
