import { codeOf, messageOf, UsageError } from "../../base/errors.js";
import { checkShape, isObject, type JsonObject } from "../../base/json.js";
import { reasonOf } from "../../base/system-errors.js";
import { readExistingFile } from "../../platform/safe-files.js";
import { checkReport } from "../../report/parse-report.js";
import type { Report } from "../../report/report.js";

const MOST_FILE_BYTES = 512 * 2 ** 20;

/** The contents of files of saved reports. */
interface SavedReports {
  readonly reports: readonly Report[];
  /** Where each entry is that is not a report, and why: the first hundred, and how many more there are. */
  readonly unreadable: readonly string[];
  readonly unreadableCount: number;
}

/**
 * Reads files of reports or parts: JSON, one per line or in a list, or a segment of an outbox. Throws UsageError if a
 * file cannot be read, or has a report whose signature is not a text.
 */
export function readSavedReports(files: readonly string[]): SavedReports {
  const reports: Report[] = [];
  const unreadable: string[] = [];
  let unreadableCount = 0;
  for (const file of files) {
    for (const { value, where } of valuesIn(file)) {
      const read = readReport(value, where);
      if ("report" in read) reports.push(read.report);
      else if (++unreadableCount <= MOST_NAMED) unreadable.push(`${where}: ${read.why}`);
    }
  }
  if (unreadableCount > MOST_NAMED) unreadable.push(`and ${unreadableCount - MOST_NAMED} more`);
  return { reports, unreadable, unreadableCount };
}

/** Of entries that are not reports; a file that was named by mistake may have millions. */
const MOST_NAMED = 100;

const NOT_AN_OBJECT = 'Cannot read a report: its schema is not "packdrift.report/1"';

function readReport(value: unknown, where: string): { readonly report: Report } | { readonly why: string } {
  // Without the cost of an error for each.
  if (!isObject(value)) return { why: NOT_AN_OBJECT };
  try {
    // Before anything walks it.
    checkShape(value);
    checkSignatureType(value, where);
    return { report: checkReport(value) };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    return { why: messageOf(error) };
  }
}

/** The text of a regular file, or of a link to one; never waits for a pipe. Throws UsageError. */
export function readUserFile(path: string, mostBytes = MOST_FILE_BYTES): string {
  try {
    return readExistingFile(path, mostBytes).toString("utf8");
  } catch (error) {
    const why = codeOf(error) === "ENOENT" ? "there is no such file" : reasonOf(error);
    throw new UsageError(`Cannot read "${path}": ${why}`, { cause: error });
  }
}

interface SavedValue {
  readonly value: unknown;
  readonly where: string;
}

function valuesIn(file: string): readonly SavedValue[] {
  const text = readUserFile(file);
  const whole = tryJson(text);
  if (Array.isArray(whole)) return whole.map((value, at) => ({ value, where: `${file}[${at}]` }));
  if (whole !== undefined) return [{ value: whole, where: file }];
  return text.split("\n").flatMap((line, at): readonly SavedValue[] => {
    // A line of an outbox segment: a checksum, a mark, and for reports a tab and the report.
    const record = /^[0-9a-f]{8} \{[^\t]*\}(?:\t(.*))?$/.exec(line);
    const body = record === null ? line : (record[1] ?? "");
    if (body.trim() === "") return [];
    return [{ value: tryJson(body), where: `${file}:${at + 1}` }];
  });
}

/** Throws for a signature that is not a text: no program that received such a report would have saved it. */
function checkSignatureType(value: JsonObject, where: string): void {
  if (value.schema !== "packdrift.report/1") return;
  const { signature } = value;
  if (signature === undefined || typeof signature === "string") return;
  throw new UsageError(
    `Cannot read "${where}": signature must be a string, is ${JSON.stringify(signature).slice(0, 40)}`,
  );
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
