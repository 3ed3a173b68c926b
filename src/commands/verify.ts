import { readFileSync, statSync } from "node:fs";
import { messageOf, UsageError } from "../base/errors.js";
import { clean } from "../base/terminal-text.js";
import { type ChainAnswer, verifyChain } from "../fleet/chain/chain.js";
import { ed25519Verifier, sha256 } from "../platform/seals.js";
import { checkReport } from "../report/parse-report.js";
import type { Report } from "../report/report.js";
import { type Command, parseOptions } from "./shared/command.js";

const MOST_FILE_BYTES = 512 * 2 ** 20;
const OPTIONS = { key: { type: "string" }, json: { type: "boolean" } } as const;

/**
 * `packdrift verify FILE…`: whether saved reports are what the devices sent: the chain of seals, the signatures, and gaps.
 * A file holds JSON, one report or part a line, or one list, or is a segment of an outbox. Exit 0 when all is sound, 1 when something
 * is not, 2 when nothing or not everything could be checked.
 */
export const verify: Command = async (args, terminal) => {
  const { values, positionals } = parseOptions(args, OPTIONS);
  if (positionals.length === 0) throw new UsageError("Nothing to verify: needs FILE…");
  const verifier = values.key === undefined ? null : verifierFrom(values.key);
  const reports: Report[] = [];
  const unreadable: string[] = [];
  for (const file of positionals) {
    for (const { value, where } of readValues(file)) {
      try {
        reports.push(checkReport(value));
      } catch (error) {
        unreadable.push(`${where}: ${messageOf(error)}`);
      }
    }
  }
  const answer = verifyChain(reports, sha256, verifier);
  const verdict = judge(answer, unreadable, verifier !== null);
  if (values.json) {
    terminal.out(`${printable(JSON.stringify({ schema: "packdrift.verify/1", ...answer, unreadable }, null, 1))}\n`);
  } else {
    terminal.out(`${[...linesOf(answer, unreadable), verdict.words].map(clean).join("\n")}\n`);
  }
  return verdict.code;
};

/** What is known in the end, and the exit code for it. */
function judge(
  answer: ChainAnswer,
  unreadable: readonly string[],
  withKey: boolean,
): { code: 0 | 1 | 2; words: string } {
  const { reports, links, signed, unchecked, gaps, faults } = answer;
  if (faults.length + unreadable.length > 0) return { code: 1, words: "This is not what the devices sent." };
  if (reports === 0) return { code: 2, words: "There is nothing to check." };
  if (links + signed === 0) return { code: 2, words: "Nothing could be checked." };
  const doubtful = new Set(unchecked.map(({ thing, id }) => JSON.stringify([thing, id]))).size;
  const unnamed = gaps.filter(({ named }) => !named).length;
  const open = [
    ...(doubtful > 0 ? [`${doubtful} of ${reports} reports could not be checked`] : []),
    ...(unnamed > 0 ? [`${unnamed} ${unnamed === 1 ? "gap is" : "gaps are"} named by no report`] : []),
  ];
  if (open.length > 0) return { code: 2, words: `No change was found, but ${open.join(", and ")}.` };
  return { code: 0, words: withKey ? "Nothing was changed." : WITHOUT_KEY };
}

// Seals need no secret: who rewrites a report and all behind it makes them anew.
const WITHOUT_KEY =
  "No change was found; a change of the last report, or of all from one on, can be told only with --key.";

function linesOf(answer: ChainAnswer, unreadable: readonly string[]): readonly string[] {
  const { reports, things, links, signed, cut, incomplete, gaps, faults, unchecked } = answer;
  return [
    ...unreadable.map((each) => `unreadable  ${each}`),
    ...faults.map(({ thing, id, what }) => `FAULT       ${thing} ${id}: ${what}`),
    ...unchecked.map(({ thing, id, why }) => `unchecked   ${thing} ${id}: ${why}`),
    ...gaps.map(({ thing, epoch, fromSequence, toSequence, named }) => {
      const range = `${epoch}.${fromSequence}${toSequence === fromSequence ? "" : ` to ${toSequence}`}`;
      return `${named ? "gap, named " : "gap        "} ${thing} ${range}`;
    }),
    `${reports} reports of ${things} things, ${links} links checked, ${signed} signatures good, ${cut} shortened (cannot be checked)${incomplete === 0 ? "" : `, ${incomplete} lack parts`}`,
  ];
}

/** The same JSON with what JSON leaves as it is, and a terminal does not, written in hexadecimal. */
function printable(json: string): string {
  return json.replace(/[\u007f-\u009f\p{Bidi_Control}\u2028\u2029]/gu, (each) => {
    return `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

function verifierFrom(path: string): ReturnType<typeof ed25519Verifier> {
  try {
    return ed25519Verifier(readFileSync(path, "utf8"));
  } catch (error) {
    const why = messageOf(error);
    throw new UsageError(`Cannot use --key "${path}": ${why}`, { cause: error });
  }
}

interface Found {
  readonly value: unknown;
  readonly where: string;
}

function readValues(file: string): readonly Found[] {
  const text = readText(file);
  const whole = tryJson(text);
  if (Array.isArray(whole)) return whole.map((value, at) => ({ value, where: `${file}[${at}]` }));
  if (whole !== undefined) return [{ value: whole, where: file }];
  return text.split("\n").flatMap((line, at): readonly Found[] => {
    // A line of an outbox segment: a checksum, a mark, and for reports a tab and the report.
    const record = /^[0-9a-f]{8} \{[^\t]*\}(?:\t(.*))?$/.exec(line);
    const body = record === null ? line : (record[1] ?? "");
    if (body.trim() === "") return [];
    return [{ value: tryJson(body), where: `${file}:${at + 1}` }];
  });
}

function readText(file: string): string {
  try {
    const { size } = statSync(file);
    if (size > MOST_FILE_BYTES) throw new Error(`it has ${size} bytes, more than ${MOST_FILE_BYTES}`);
    return readFileSync(file, "utf8");
  } catch (error) {
    const why = messageOf(error);
    throw new UsageError(`Cannot read "${file}": ${why}`, { cause: error });
  }
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
