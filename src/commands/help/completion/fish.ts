import { RUNNABLE_COMMANDS } from "../all-commands.js";
import type { CommandSpec, OptionSpec } from "../spec.js";
import { ACTION_WORDS, COMMAND_WORDS, filledBy, optionsOf, type ValueKind, valueKindOf } from "./offered-words.js";

const NEED_ACTION = ACTION_WORDS.filter(({ own }) => own === null).map(({ command }) => command);
const OPTIONAL_ACTIONS = ACTION_WORDS.filter(({ own }) => own !== null).flatMap(({ command, actions }) =>
  actions.map(({ word }) => `${command} ${word}`),
);

/** The completion for fish 3 and newer. */
export function renderFish(): string {
  return `# Completion of packdrift for fish, written by "packdrift completion fish".
function __packdrift_at
    set -l words (commandline -opc)
    set -e words[1]
    # "help archive import" goes on as "archive import" does.
    set -l help
    if test "$words[1]" = help
        set help yes
        set -e words[1]
    end
    set -l path $words[1]
    if contains -- "$path" ${NEED_ACTION.join(" ")}; or contains -- "$words[1..2]" ${OPTIONAL_ACTIONS.map(quoted).join(" ")}
        set path $words[1..2]
    end
    if test -n "$help"; and test -n "$path"
        contains -- "$path" ${ACTION_WORDS.map(({ command }) => command).join(" ")}; or return 1
    end
    test "$path" = "$argv"
end

complete -c packdrift -f
${[...commandLines(), ...RUNNABLE_COMMANDS.flatMap(linesOf)].join("\n")}
`;
}

function commandLines(): readonly string[] {
  const first = COMMAND_WORDS.map(({ word, what }) => line([], `-a ${word} -d ${quoted(what)}`));
  const options = [line([], "-s h -l help -d 'show this help'"), line([], "-s V -l version -d 'show the version'")];
  const actions = ACTION_WORDS.flatMap(({ command, actions: offered, own }) => {
    const at = own === null ? [command] : [command, `; and test (commandline -opc)[-1] = ${command}`];
    return [
      ...offered.map(({ word, what }) => line(at, `-a ${word} -d ${quoted(what)}`)),
      ...(own === null ? [line([command], "-s h -l help -d 'show this help'")] : []),
    ];
  });
  return [...first, ...options, ...actions];
}

function linesOf(spec: CommandSpec): readonly string[] {
  const path = spec.name.split(" ");
  const kind = filledBy(spec);
  const rest = kind === null || kind === "text" ? [] : [line(path, offering(kind, ""))];
  return [...optionsOf(spec).map(([name, option]) => line(path, optionFlags(name, option))), ...rest];
}

function optionFlags(name: string, option: OptionSpec): string {
  const short = option.short === undefined ? "" : `-s ${option.short} `;
  const value = option.value === undefined ? "" : ` ${offering(valueKindOf(option), "-x ")}`;
  return `${short}-l ${name}${value} -d ${quoted(option.what)}`;
}

/** The completion of a value; `required` says that the option needs one, unless it is a file. */
function offering(kind: ValueKind, required: string): string {
  if (kind === "file") return required === "" ? "-F" : "-r -F";
  if (kind === "folder") return `${required}-a '(__fish_complete_directories)'`;
  return kind === "text" ? required.trimEnd() : `${required}-a ${quoted(kind.words.join(" "))}`;
}

function line(path: readonly string[], rest: string): string {
  return `complete -c packdrift -n ${quoted(["__packdrift_at", ...path].join(" "))} ${rest}`;
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
