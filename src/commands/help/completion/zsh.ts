import { RUNNABLE_COMMANDS } from "../all-commands.js";
import type { CommandSpec, OptionSpec } from "../spec.js";
import {
  ACTION_WORDS,
  type ActionWords,
  COMMAND_WORDS,
  filledBy,
  type Offered,
  optionsOf,
  optionWords,
  type ValueKind,
  valueKindOf,
} from "./offered-words.js";

/** The completion for zsh: a function for fpath, which can be sourced as well. */
export function renderZsh(): string {
  return `#compdef packdrift
# Completion of packdrift for zsh, written by "packdrift completion zsh".

_packdrift() {
  local name help=
  local -a offered
  # "help archive import" goes on as "archive import" does.
  if [[ $words[2] == help ]] && (( CURRENT > 2 )); then
    help=yes
    shift words
    (( CURRENT-- ))
  fi
  if (( CURRENT == 2 )); then
    offered=(
${offeredLines(COMMAND_WORDS, "      ")}
    )
    _describe -t commands command offered
    return
  fi
  name=$words[2]
  shift words
  (( CURRENT-- ))
  case $name in
${ACTION_WORDS.map(actionCase).join("\n")}
  esac
  [[ -n $help ]] && return 1
  case $name in
${RUNNABLE_COMMANDS.map(argumentsCase).join("\n")}
  esac
}

if [[ $funcstack[1] == _packdrift ]]; then
  _packdrift "$@"
else
  compdef _packdrift packdrift
fi
`;
}

function actionCase({ command, actions, own }: ActionWords): string {
  if (own !== null) return optionalActionCase(command, actions);
  return `    ${command})
      if (( CURRENT == 2 )); then
        offered=(
${offeredLines(actions, "          ")}
        )
        _describe -t commands action offered
        return
      fi
      name+=" $words[2]"
      shift words
      (( CURRENT-- ))
      ;;`;
}

/** The case for a command that may have an action or options of its own. */
function optionalActionCase(command: string, actions: readonly Offered[]): string {
  return `    ${command})
      if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then
        offered=(
${offeredLines(actions, "          ")}
        )
        _describe -t commands action offered
        return
      fi
      if [[ " ${actions.map(({ word }) => word).join(" ")} " == *" $words[2] "* ]]; then
        name+=" $words[2]"
        shift words
        (( CURRENT-- ))
      fi
      ;;`;
}

function offeredLines(offered: readonly Offered[], indent: string): string {
  return offered.map(({ word, what }) => `${indent}${quoted(`${word}:${what.replace(/:/g, "\\:")}`)}`).join("\n");
}

function argumentsCase(spec: CommandSpec): string {
  const kind = filledBy(spec);
  const name = spec.arguments?.name ?? "FILE";
  const rest = kind === null ? [] : [quoted(`${isOne(spec) ? "1" : "*"}:${name}:${action(kind)}`)];
  const lines = [...optionsOf(spec).map(([option, described]) => optionLine(spec, option, described)), ...rest];
  return `    "${spec.name}")
      _arguments -s -S ${lines.join(" \\\n        ")}
      ;;`;
}

function isOne(spec: CommandSpec): boolean {
  return spec.arguments !== undefined && !spec.arguments.name.endsWith("…");
}

/** One of _arguments' specs: what it excludes, the option, what it does, its value. */
function optionLine(spec: CommandSpec, name: string, option: OptionSpec): string {
  const words = optionWords([name, option]);
  const excluded = name === "help" ? "(- *)" : excludedBy(spec, name, option);
  const repeated = option.multiple ? "*" : "";
  const what = `[${option.what.replace(/[\][:]/g, "\\$&")}]`;
  const value =
    option.value === undefined ? "" : `:${option.value.replace(/[\][:]/g, "\\$&")}:${action(valueKindOf(option))}`;
  const typed = words.map((word) =>
    option.value === undefined ? word : `${word}${word.startsWith("--") ? "=" : "+"}`,
  );
  const [one = ""] = typed;
  return typed.length === 1
    ? quoted(`${excluded}${repeated}${one}${what}${value}`)
    : `${quoted(`${excluded}${repeated}`)}{${typed.join(",")}}${quoted(`${what}${value}`)}`;
}

function excludedBy(spec: CommandSpec, name: string, option: OptionSpec): string {
  const rivals = (spec.conflicts ?? []).filter((conflict) => conflict.includes(name)).flat();
  const others = rivals.filter((rival) => rival !== name && Object.hasOwn(spec.options, rival));
  const own = option.multiple ? [] : optionWords([name, option]);
  const all = [...own, ...new Set(others.map((other) => `--${other}`))];
  return all.length === 0 ? "" : `(${all.join(" ")})`;
}

function action(kind: ValueKind): string {
  if (kind === "file") return "_files";
  if (kind === "folder") return "_directories";
  return kind === "text" ? " " : `(${kind.words.join(" ")})`;
}

function quoted(text: string): string {
  return `'${text.replace(/'/g, "'\\''")}'`;
}
