import { settingRows } from "../../src/config/table.js";
import { list, table, wrapped } from "./markdown.js";

/** All settings with their defaults, each linked to its section. */
export function settingOverview(): string {
  const rows = settingRows().map(({ key, fallback, live }) => [
    `[\`${key}\`](#${key.toLowerCase()})`,
    `\`${JSON.stringify(fallback)}\``,
    live ? "at once" : "after a restart",
  ]);
  return table(["setting", "default", "a change takes effect"], rows);
}

/** A section for each setting. */
export function settingSections(): string {
  return settingRows()
    .map(({ key, type, fallback, live, doc }) => {
      const points = [
        `Type: ${type}`,
        `Default: \`${JSON.stringify(fallback)}\``,
        `A change takes effect ${live ? "at once" : "after a restart"}.`,
      ];
      return `### \`${key}\`\n\n${wrapped(doc)}\n\n${list(points)}`;
    })
    .join("\n\n");
}
