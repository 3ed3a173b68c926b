import { pageAddress } from "../../base/pages.js";
import { RUNNABLE_COMMANDS } from "./all-commands.js";
import { optionsOf } from "./completion/offered-words.js";
import { describedOption } from "./render-help.js";
import type { CommandSpec, OptionSpec } from "./spec.js";

/** The date that man shows: when the page last changed substantially. */
const DATE = "2026-11-29";

/** packdrift(1), in the macros of man(7). */
export function renderManPage(version: string): string {
  return `${[
    `.TH PACKDRIFT 1 ${DATE} "packdrift ${version}" "User Commands"`,
    ".SH NAME",
    "packdrift \\- compare a device with its Lookout for Vision model packaging job",
    ".SH SYNOPSIS",
    ...RUNNABLE_COMMANDS.flatMap(synopsis),
    ".SH DESCRIPTION",
    text(
      "packdrift checks whether a machine still matches what its Amazon Lookout for Vision model was packaged for. It compares the job, the model's files, what Greengrass deployed, and the device.",
    ),
    text("On devices it runs as the AWS IoT Greengrass component io.packdrift.Monitor and reports drift."),
    ".SH COMMANDS",
    ...RUNNABLE_COMMANDS.flatMap(commandSection),
    ".SH EXIT STATUS",
    ...RUNNABLE_COMMANDS.flatMap(exitStatus),
    ".SH EXAMPLES",
    ...RUNNABLE_COMMANDS.flatMap(examples),
    ".SH SEE ALSO",
    ...[...new Set(RUNNABLE_COMMANDS.map(({ page }) => page))].flatMap((page, at) => [
      ...(at === 0 ? [] : [".br"]),
      plain(pageAddress(page)),
    ]),
  ].join("\n")}\n`;
}

function synopsis({ name, usage }: CommandSpec, at: number): readonly string[] {
  return usage.flatMap((form, of) => [
    ...(at + of === 0 ? [] : [".br"]),
    `.B packdrift ${plain(name)}`,
    ...(form === "" ? [] : [text(form)]),
  ]);
}

function commandSection(spec: CommandSpec): readonly string[] {
  const { name, summary, arguments: named } = spec;
  return [
    `.SS packdrift ${name}`,
    text(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`),
    ...(named === undefined ? [] : [".TP", `.I ${plain(named.name)}`, text(named.what)]),
    ...optionsOf(spec).flatMap(([option, described]) => [
      ".TP",
      tag(option, described),
      text(describedOption(described)),
    ]),
  ];
}

/** `.BR` sets its words alternately in bold and roman. */
function tag(name: string, { short, value }: OptionSpec): string {
  const long = plain(`--${name}`);
  const words = short === undefined ? [long] : [plain(`-${short}`), '", "', long];
  return value === undefined ? `.BR ${words.join(" ")}` : `.BR ${words.join(" ")} " ${plain(value)}"`;
}

function exitStatus({ name, exits }: CommandSpec): readonly string[] {
  const codes = Object.entries(exits).map(([code, what]) => `${code} ${what}`);
  return [".TP", `.B ${plain(name)}`, text(`${codes.join("; ")}.`)];
}

function examples({ examples: list }: CommandSpec): readonly string[] {
  return list.flatMap(({ command, what }) => [".TP", `.B packdrift ${plain(command)}`, text(what)]);
}

/** Escapes a line of text, so that nothing in it is a macro or an escape and dashes stay dashes. */
function plain(text: string): string {
  return text
    .replace(/\\/g, "\\e")
    .replace(/-/g, "\\-")
    .replace(/~/g, "\\(ti")
    .replace(/…/g, "...")
    .replace(/"/g, "\\(dq")
    .replace(/^(?=[.'])/, "\\&");
}

const WIDEST_LINE = 80;

/** Breaks text into lines that are not too long for readers of the page's source. */
function text(words: string): string {
  const lines = [""];
  for (const word of plain(words).split(" ")) {
    const line = lines.at(-1) ?? "";
    const longer = line === "" ? word : `${line} ${word}`;
    if (longer.length <= WIDEST_LINE || line === "") lines[lines.length - 1] = longer;
    else lines.push(word.replace(/^(?=[.'])/, "\\&"));
  }
  return lines.join("\n");
}
