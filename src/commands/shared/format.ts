import { UsageError } from "../../base/errors.js";
import { FORMATS, type Format } from "../../report/formats.js";

/** The format given with `--format` or `--json`. */
export function formatOf(format: string | undefined, json: boolean | undefined): Format {
  if (format === undefined) return json ? "json" : "text";
  const known = FORMATS.find((name) => name === format);
  if (known !== undefined) return known;
  throw new UsageError(`Cannot write --format "${format}": must be one of ${FORMATS.join(", ")}`);
}
