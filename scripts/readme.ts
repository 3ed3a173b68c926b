import { settingRows } from "../src/config/table.js";
import { RULE_TABLE } from "../src/drift/rule-table.js";

/** The README with its generated tables made anew between their markers; nothing else changes. Throws where a marker is missing. */
export function withTables(readme: string): string {
  const tables = { rules: ruleTable(), settings: settingTable() };
  return Object.entries(tables).reduce((text, [name, table]) => between(text, name, table), readme);
}

function between(text: string, name: string, table: string): string {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`Cannot write the table of ${name}: README.md lacks ${begin} … ${end}`);
  return `${text.slice(0, from + begin.length)}\n${table}\n${text.slice(to)}`;
}

function ruleTable(): string {
  const rows = RULE_TABLE.map(({ id, compares, decision, source }) => [`\`${id}\``, compares, decision, source]);
  return table(["rule", "compares", "decides", "source"], rows);
}

function settingTable(): string {
  const rows = settingRows().map(({ key, type, fallback, live, doc }) => [
    `\`${key}\``,
    type,
    `\`${JSON.stringify(fallback)}\``,
    live ? "at once" : "after a restart",
    doc,
  ]);
  return table(["setting", "type", "default", "a change counts", "what it does"], rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replace(/\|/g, "\\|")).join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n");
}
