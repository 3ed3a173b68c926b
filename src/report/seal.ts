import type { Report } from "./report.js";

/**
 * The text whose SHA-256 seals a report: its JSON with all keys sorted by code units, without `signature`. It is the same after any
 * storage that preserves JSON values. Join a report in parts first.
 */
export function sealedText(report: Report): string {
  const { signature: _signature, ...rest } = report;
  return canonical(rest);
}

/** The text that is signed, from the seal in base64url. */
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
