import type { Report } from "./report.js";

/**
 * The text whose SHA-256 seals a report: its JSON with all keys in the order of their code units, without `signature`. So it
 * comes out the same after any storage that keeps JSON values. A report in parts is to be joined first.
 */
export function sealedText(report: Report): string {
  const { signature: _signature, ...rest } = report;
  return canonical(rest);
}

/** What is signed, given the seal in base64url. */
export function signedText(seal: string): string {
  return `packdrift.report/1 ${seal}`;
}

function canonical(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const object = value as Readonly<Record<string, unknown>>;
  let members = "";
  for (const key of Object.keys(object).sort()) {
    if (object[key] === undefined) continue;
    members += `${members === "" ? "" : ","}${JSON.stringify(key)}:${canonical(object[key])}`;
  }
  return `{${members}}`;
}
