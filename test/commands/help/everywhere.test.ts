import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { RUNNABLE_COMMANDS } from "../../../src/commands/help/all-commands.js";
import { renderBash } from "../../../src/commands/help/completion/bash.js";
import { renderFish } from "../../../src/commands/help/completion/fish.js";
import { renderZsh } from "../../../src/commands/help/completion/zsh.js";
import { DEVICE_COMMANDS } from "../../../src/commands/help/device-help.js";
import { renderManPage } from "../../../src/commands/help/man-page.js";
import { renderHelp } from "../../../src/commands/help/render-help.js";
import type { CommandSpec, OptionSpec } from "../../../src/commands/help/spec.js";
import { COMMAND_NAMES } from "../../../src/commands/help/summaries.js";
import { parseOptions } from "../../../src/commands/shared/parse-options.js";

const REFERENCE = readFileSync(join(import.meta.dirname, "../../../docs/reference/cli.md"), "utf8");
const MAN = renderManPage("1.2.3");
const [BASH, ZSH, FISH] = [renderBash(), renderZsh(), renderFish()];

/** What is said of one command: from its heading to the next one. */
const sectionOf = (text: string, heading: string, next: RegExp): string => {
  const after = text.split(heading)[1] ?? "";
  return after.split(next)[0] ?? "";
};

describe.each(RUNNABLE_COMMANDS.map((spec) => [spec.name, spec] as const))("%s", (name, spec) => {
  it("has every option that it parses in its help, the completions, the man page and the reference", () => {
    const man = sectionOf(MAN, `.SS packdrift ${name}\n`, /^\.S[SH]/m);
    const page = sectionOf(REFERENCE, `\n### ${name}\n`, /^#/m);
    const bash = new RegExp(`^ *"${name}"\\) _packdrift_words "(.*)"`, "m").exec(BASH)?.[1]?.split(" ");
    const zsh = sectionOf(ZSH, `    "${name}")\n`, /;;/);
    const help = renderHelp(spec, 80);
    for (const [option, { value }] of Object.entries(spec.options) as [string, OptionSpec][]) {
      expect(parses(spec, option), option).toBe(true);
      expect(help).toMatch(new RegExp(`^ .*--${option}\\b`, "m"));
      expect(bash).toContain(`--${option}`);
      expect(zsh).toMatch(new RegExp(`--${option}${value === undefined ? "" : "="}[[}]`));
      expect(FISH).toMatch(new RegExp(`'__packdrift_at ${name}' .*-l ${option} `));
      expect(man).toContain(`\\-\\-${option.replace(/-/g, "\\-")}`);
      expect(page).toMatch(new RegExp(`^- \`.*--${option}\\b`, "m"));
    }
  });

  it("has its values wherever they are listed", () => {
    const offered: readonly { readonly choices?: readonly string[] }[] = [
      ...Object.values(spec.options),
      ...(spec.arguments === undefined ? [] : [spec.arguments]),
    ];
    for (const { choices } of offered.filter((each) => each.choices !== undefined)) {
      const words = choices?.join(" ") ?? "";
      expect(BASH).toContain(`_packdrift_words "${words}"`);
      expect(ZSH).toContain(`(${words})`);
      expect(FISH).toContain(`-a '${words}'`);
    }
  });

  it("has help in 80 columns, with examples that parse and the codes of every end", () => {
    const help = renderHelp(spec, 80);

    expect(help.split("\n").filter((line) => line.length > 80 && !/^(More:| {2}packdrift) /.test(line))).toEqual([]);
    expect(spec.exits[0]).toBeDefined();
    expect(spec.exits[3]).toBeDefined();
    for (const { command } of spec.examples.filter((example) => example.command.startsWith(`${name} `))) {
      const words = command.slice(name.length + 1).replace(/ > .*/, "");
      expect(() => parseOptions(words.split(" "), spec), command).not.toThrow();
    }
  });
});

/** Whether the parser knows an option: it may still lack others. */
function parses(spec: CommandSpec, option: string): boolean {
  try {
    parseOptions([`--${option}`], spec);
    return true;
  } catch (error) {
    return !String(error).includes("Unknown option");
  }
}

describe("the tables", () => {
  it("list the same commands", () => {
    const names = [...new Set(RUNNABLE_COMMANDS.map(({ name }) => name.split(" ")[0]))];

    expect(names).toEqual(COMMAND_NAMES);
    expect(DEVICE_COMMANDS.filter((spec) => !RUNNABLE_COMMANDS.includes(spec))).toEqual([]);
  });

  it("name options that are there", () => {
    for (const { name, options, conflicts = [], arguments: named } of RUNNABLE_COMMANDS as readonly CommandSpec[]) {
      const known = [...Object.keys(options), ...(named === undefined ? [] : [named.name.replace("…", "")])];
      const needed = Object.values(options).flatMap(({ needs = [] }) => needs);
      expect(
        [...conflicts.flat(), ...needed].filter((option) => !known.includes(option)),
        name,
      ).toEqual([]);
    }
  });
});
