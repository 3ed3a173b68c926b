import { RUNNABLE_COMMANDS } from "../../src/commands/help/all-commands.js";
import { describedOption, writtenOption } from "../../src/commands/help/render-help.js";
import type { CommandSpec } from "../../src/commands/help/spec.js";
import { list, wrapped } from "./markdown.js";

/** Every command and action in a line, linked to its section. */
export function commandOverview(): string {
  return list(RUNNABLE_COMMANDS.map(({ name, summary }) => `[\`${name}\`](#${anchor(name)}): ${summary}`));
}

/** A section for each command and each action. */
export function commandSections(): string {
  return RUNNABLE_COMMANDS.map(section).join("\n\n");
}

/** What each command's exit codes say. */
export function exitCodes(): string {
  return list(RUNNABLE_COMMANDS.map((spec) => `[\`${spec.name}\`](cli.md#${anchor(spec.name)}): ${exitsOf(spec)}`));
}

function exitsOf({ exits }: CommandSpec): string {
  return Object.entries(exits)
    .map(([code, what]) => `\`${code}\` ${what}`)
    .join(" · ");
}

function section(spec: CommandSpec): string {
  const { name, summary, usage, examples, page } = spec;
  const forms = usage.map((form) => `packdrift ${name} ${form}`.trimEnd());
  const options = Object.entries(spec.options).map(
    ([option, described]) => `\`${writtenOption(option, described)}\`: ${describedOption(described)}`,
  );
  const named = spec.arguments === undefined ? [] : [`\`${spec.arguments.name}\`: ${spec.arguments.what}`];
  return [
    `### ${name}`,
    wrapped(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`),
    code(forms),
    list([...named, ...options]),
    "Examples:",
    code(examples.flatMap(({ command, what }) => [`# ${what}`, `packdrift ${command}`])),
    wrapped(`Exit codes: ${exitsOf(spec)}. More: [${page}](${fromReference(page)}).`),
  ].join("\n\n");
}

function code(lines: readonly string[]): string {
  return `\`\`\`sh\n${lines.join("\n")}\n\`\`\``;
}

/** A page's path from docs/reference. */
function fromReference(page: string): string {
  const [top = "", below = ""] = page.split(/^docs\//);
  if (top !== "") return `../../${top}`;
  return below.startsWith("reference/") ? below.slice("reference/".length) : `../${below}`;
}

function anchor(name: string): string {
  return name.replace(/ /g, "-");
}
