import { commandOverview, commandSections, exitCodes } from "./commands.js";
import { cpuList, driverTable, gpuTable, jetpackTable, machineTable, pairList, tegraList } from "./platforms.js";
import { findingMembers, reportMembers, shadowMembers } from "./reports.js";
import { ruleOverview, ruleSections } from "./rules.js";
import { settingOverview, settingSections } from "./settings.js";

/** What code renders: for each page the texts between `<!-- NAME:begin -->` and `<!-- NAME:end -->`. */
export const GENERATED: Readonly<Record<string, Readonly<Record<string, () => string>>>> = {
  "docs/reference/cli.md": { overview: commandOverview, commands: commandSections },
  "docs/reference/exit-codes.md": { exits: exitCodes },
  "docs/reference/settings.md": { overview: settingOverview, settings: settingSections },
  "docs/reference/rules.md": { overview: ruleOverview, rules: ruleSections },
  "docs/reference/reports-and-topics.md": { report: reportMembers, finding: findingMembers, shadow: shadowMembers },
  "docs/reference/platforms.md": {
    jetpacks: jetpackTable,
    tegras: tegraList,
    gpus: gpuTable,
    drivers: driverTable,
    cpus: cpuList,
    pairs: pairList,
    machines: machineTable,
  },
};

/** A page with the generated texts between its markers replaced; nothing else changes. Throws if a marker is missing. */
export function withGenerated(page: string, text: string): string {
  return Object.entries(GENERATED[page] ?? {}).reduce((so, [name, render]) => between(page, so, name, render()), text);
}

function between(page: string, text: string, name: string, generated: string): string {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`Cannot write "${name}" of ${page}: it lacks ${begin} … ${end}`);
  return `${text.slice(0, from + begin.length)}\n\n${generated}\n\n${text.slice(to)}`;
}
