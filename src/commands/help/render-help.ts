import { pageAddress } from "../../base/pages.js";
import { hanging, indent, labelled, wrap } from "../../base/terminal-text.js";
import { actionWord, type CommandSpec, type GroupSpec, type OptionSpec } from "./spec.js";

/** Renders the help of a command or an action, wrapped to `width` columns. */
export function renderHelp(spec: CommandSpec, width: number): string {
  const options = optionRows(spec);
  return [
    ...wrap(`packdrift ${spec.name}: ${spec.summary}`, width),
    "",
    "Usage:",
    ...spec.usage.flatMap((form) => indent(hanging(`packdrift ${spec.name} ${form}`.trimEnd(), width - 2), 2)),
    ...(spec.arguments === undefined
      ? []
      : ["", "Arguments:", ...rows([[spec.arguments.name, spec.arguments.what]], width)]),
    "",
    "Options:",
    ...rows(options, width),
    ...(spec.actions === undefined
      ? []
      : ["", "Actions, each with its own help:", ...actionRows(spec, spec.actions, width)]),
    "",
    "Examples:",
    ...examples(spec, width),
    "",
    ...hanging(`Exit: ${exits(spec)}`, width, 6),
    `More: ${pageAddress(spec.page)}`,
    "",
  ].join("\n");
}

/** The help of a command that has actions. */
export function renderGroupHelp(group: GroupSpec, width: number): string {
  return [
    ...wrap(`packdrift ${group.name}: ${group.summary}`, width),
    "",
    "Usage:",
    `  packdrift ${group.name} ACTION [OPTION]…`,
    "",
    "Actions:",
    ...actionRows(group, group.actions, width),
    "",
    `Each action has its own help: packdrift ${group.actions[0]?.name} --help`,
    `More: ${pageAddress(group.page)}`,
    "",
  ].join("\n");
}

function actionRows(
  command: { readonly name: string },
  actions: readonly CommandSpec[],
  width: number,
): readonly string[] {
  return rows(
    actions.map((action) => [actionWord(command, action), action.summary]),
    width,
  );
}

/** An option as it is written, with its value: `-o, --out FILE`. */
export function writtenOption(name: string, { value, short, multiple }: OptionSpec): string {
  return `${short === undefined ? "" : `-${short}, `}--${name}${value === undefined ? "" : ` ${value}`}${multiple ? "…" : ""}`;
}

/** What an option does, with its values and its default. */
export function describedOption({ what, choices, range, default: fallback, required }: OptionSpec): string {
  const notes = [
    ...(choices === undefined ? [] : [`one of ${choices.join(", ")}`]),
    ...(range === undefined ? [] : [`${range[0]} to ${range[1]}`]),
    ...(fallback === undefined ? [] : [`default ${fallback}`]),
    ...(required ? ["required"] : []),
  ];
  return notes.length === 0 ? what : `${what} (${notes.join("; ")})`;
}

/** The option that every command has. */
export const HELP_OPTION: OptionSpec = { short: "h", what: "show this help" };

function optionRows(spec: CommandSpec): readonly Row[] {
  return Object.entries({ ...spec.options, help: HELP_OPTION }).map(([name, option]) => [
    writtenOption(name, option),
    describedOption(option),
  ]);
}

type Row = readonly [name: string, what: string];

const WIDEST_NAME = 22;

/** Two columns; a name that is too wide has a line of its own. */
export function rows(list: readonly Row[], width: number): readonly string[] {
  const widest = Math.min(WIDEST_NAME, Math.max(...list.map(([name]) => name.length)));
  return list.flatMap(([name, what]) => {
    const column = widest + 4;
    if (name.length > widest) return [`  ${name}`, ...labelled("", what, width, column)];
    return labelled(`  ${name}`, what, width, column);
  });
}

function examples({ examples: list }: CommandSpec, width: number): readonly string[] {
  return list.flatMap(({ command, what }) => {
    const line = `  packdrift ${command}`;
    const remark = `  # ${what}`;
    return line.length + remark.length <= width ? [`${line}${remark}`] : [`  # ${what}`, line];
  });
}

function exits({ exits: codes }: CommandSpec): string {
  return Object.entries(codes)
    .map(([code, what]) => `${code} ${what}`)
    .join(" · ");
}
