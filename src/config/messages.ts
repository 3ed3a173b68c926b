import { type ShapeProblem, UNKNOWN_KEY } from "../base/shape.js";
import { escapeControls } from "../base/text.js";

/** `Cannot read setting "jitterSeconds": must be 0 or more, is -1`. */
export function describeProblem({ path, needed, found }: ShapeProblem): string {
  if (needed.startsWith(UNKNOWN_KEY)) return `Unknown setting ${shown(path)}${needed.slice(UNKNOWN_KEY.length)}`;
  return `Cannot read setting "${escapeControls(path)}": must be ${needed}, is ${shown(found)}`;
}

/** A value, shortened and made safe for logs, reports and terminals. */
export function shown(value: unknown): string {
  if (value === undefined) return "missing";
  // The password of a URL must not reach logs and reports.
  const json = escapeControls(JSON.stringify(value) ?? String(value)).replace(/\/\/[^/@\s"]*@/g, "//…@");
  return json.length > 80 ? `${json.slice(0, 79)}…` : json;
}
