import { RULE_TABLE } from "../../src/drift/rule-table.js";
import { list, wrapped } from "./markdown.js";

/** All rules in a line each, linked to their sections. */
export function ruleOverview(): string {
  return list(
    RULE_TABLE.map(({ id, compares, severities }) => {
      const grave = severities.length === 0 ? "" : ` (${severities.join(", ")})`;
      return `[\`${id}\`](#${anchor(id)}): ${compares}${grave}`;
    }),
  );
}

/** A section for each rule. */
export function ruleSections(): string {
  return RULE_TABLE.map(({ id, compares, decision, source }) => {
    const points = [`Compares: ${compares}`, `Source: ${source}`];
    return `### \`${id}\`\n\n${wrapped(sentence(decision))}\n\n${list(points)}`;
  }).join("\n\n");
}

/** GitHub's anchor of a heading: dots are removed. */
function anchor(id: string): string {
  return id.replace(/\./g, "");
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
