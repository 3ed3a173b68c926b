import type { Format } from "../../report/format-names.js";

/** The format given with `--format` or `--json`. */
export function formatOf({ format, json }: { readonly format: Format | undefined; readonly json: boolean }): Format {
  return format ?? (json ? "json" : "text");
}
