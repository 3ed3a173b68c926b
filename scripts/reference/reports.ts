import schema from "../../src/report/report.schema.json" with { type: "json" };
import shadowSchema from "../../src/report/reported-shadow.schema.json" with { type: "json" };
import { list } from "./markdown.js";

interface Property {
  readonly description?: string;
  readonly type?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
}

/** The members of a report, as the schema lists them. */
export function reportMembers(): string {
  return members(schema.properties);
}

/** The members of a finding. */
export function findingMembers(): string {
  return members(schema.$defs.finding.properties);
}

/** The members of the shadow's reported state. */
export function shadowMembers(): string {
  return members(shadowSchema.properties);
}

function members(properties: Readonly<Record<string, Property>>): string {
  const points = Object.entries(properties).map(([name, property]) => {
    const values = property.const === undefined ? property.enum : [property.const];
    const shown = name === "rule" || values === undefined ? "" : values.map((value) => `\`${value}\``).join(" ");
    return `\`${name}\`: ${[property.description, shown].filter((part) => part !== undefined && part !== "").join(". ")}`;
  });
  return list(points);
}
