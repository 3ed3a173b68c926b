import { RUNNABLE_COMMANDS } from "../all-commands.js";
import type { CommandSpec } from "../spec.js";
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

/** The completion for bash 4 and newer; it needs no other package. */
export function renderBash(): string {
  return `# Completion of packdrift for bash, written by "packdrift completion bash".
_packdrift_words() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
}
_packdrift_words_or_options() {
  [[ $cur == -* ]] && _packdrift_words "$2" || _packdrift_words "$1"
}

_packdrift() {
  local IFS=$' \\t\\n'
  local cur=\${COMP_WORDS[COMP_CWORD]} at=1 path option= values=0 word
  COMPREPLY=()
  # "help archive import" goes on as "archive import" does.
  [[ \${COMP_WORDS[1]} == help ]] && ((COMP_CWORD > 1)) && at=2
  if ((COMP_CWORD == at)); then
    _packdrift_words_or_options "${wordsOf(COMMAND_WORDS)}" "-h --help -V --version"
    return
  fi
  path=\${COMP_WORDS[at]}
  case $path in
${ACTION_WORDS.map(actionCase).join("\n")}
  esac
  [[ \${COMP_WORDS[1]} == help ]] && return
  # bash makes three words of --format=json.
  [[ $cur == = ]] && cur=
  for word in "\${COMP_WORDS[@]:at+1:COMP_CWORD-at-1}"; do
    case $word in
      =) ;;
      -?*) option=$word values=0 ;;
      *) ((values++)) ;;
    esac
  done
  case "$path $option" in
${valueCases().join("\n")}
  esac
  if [[ $cur == -* && $option != -- ]]; then
    case $path in
${RUNNABLE_COMMANDS.map((spec) => `      "${spec.name}") _packdrift_words "${optionsOf(spec).flatMap(optionWords).join(" ")}" ;;`).join("\n")}
    esac
    return
  fi
  case $path in
${argumentCases().join("\n")}
  esac
}

complete -F _packdrift packdrift
`;
}

function wordsOf(offered: readonly Offered[]): string {
  return offered.map(({ word }) => word).join(" ");
}

function actionCase({ command, actions, own }: ActionWords): string {
  if (own !== null) return optionalActionCase(command, actions, own);
  return `    ${command})
      ((at++))
      if ((COMP_CWORD == at)); then
        _packdrift_words_or_options "${wordsOf(actions)}" "-h --help"
        return
      fi
      path+=" \${COMP_WORDS[at]}"
      ;;`;
}

/** The case for a command that may have an action or options of its own. */
function optionalActionCase(command: string, actions: readonly Offered[], own: CommandSpec): string {
  return `    ${command})
      if ((COMP_CWORD == at + 1)); then
        _packdrift_words_or_options "${wordsOf(actions)}" "${optionsOf(own).flatMap(optionWords).join(" ")}"
        return
      fi
      if [[ " ${wordsOf(actions)} " == *" \${COMP_WORDS[at+1]} "* ]]; then
        ((at++))
        path+=" \${COMP_WORDS[at]}"
      fi
      ;;`;
}

/** The completion after an option that takes a value; a list continues until the next option. */
function valueCases(): readonly string[] {
  const cases = RUNNABLE_COMMANDS.flatMap((spec) =>
    optionsOf(spec).flatMap(([name, option]) => {
      if (option.value === undefined) return [];
      const patterns = optionWords([name, option]).map((word) => `"${spec.name} ${word}"`);
      const isDue = option.spread ? "[[ $cur != -* ]]" : "((values == 0))";
      return { patterns, body: `${isDue} && { ${offering(valueKindOf(option))}return; }` };
    }),
  );
  return groupedCases(cases, "    ");
}

function argumentCases(): readonly string[] {
  const cases = RUNNABLE_COMMANDS.flatMap((spec) => {
    const kind = filledBy(spec);
    return kind === null || kind === "text"
      ? []
      : { patterns: [`"${spec.name}"`], body: offering(kind).replace(/; $/, "") };
  });
  return groupedCases(cases, "    ");
}

interface Case {
  readonly patterns: readonly string[];
  readonly body: string;
}

/** One case for all patterns that have the same answer. */
function groupedCases(cases: readonly Case[], indent: string): readonly string[] {
  const grouped = new Map<string, string[]>();
  for (const { patterns, body } of cases) grouped.set(body, [...(grouped.get(body) ?? []), ...patterns]);
  return [...grouped].map(
    ([body, patterns]) => `${indent}${patterns.join(` |\\\n${indent}  `)})\n${indent}  ${body}\n${indent}  ;;`,
  );
}

/** readline itself completes files and folders, with quotes and ~. */
function offering(kind: ValueKind): string {
  if (kind === "file") return "compopt -o default; ";
  if (kind === "folder") return "compopt -o dirnames; ";
  return kind === "text" ? "" : `_packdrift_words "${kind.words.join(" ")}"; `;
}
