import { readFileSync, statSync } from "node:fs";
import { ed25519Verifier, sha256 } from "../adapters/seals.js";
import { messageOf, UsageError } from "../errors.js";
import { type ChainAnswer, verifyChain } from "../fleet/chain.js";
import { checkReport } from "../report/parse.js";
import { joinParts } from "../report/parts.js";
import type { Report } from "../report/report.js";
import { type Command, parseOptions } from "./command.js";

const MOST_FILE_BYTES = 512 * 2 ** 20;
const OPTIONS = { key: { type: "string" }, json: { type: "boolean" } } as const;

/**
 * `packdrift verify FILE…`: whether saved reports are what the devices sent: the chain of seals, the signatures, and gaps.
 * A file holds JSON, one report or part a line, or one list, or is a segment of an outbox. Exit 0 when all is sound, 1 when something
 * is not, 2 when nothing could be checked.
 */
export const verify: Command = async (args, terminal) => {
  const { values, positionals } = parseOptions(args, OPTIONS);
  if (positionals.length === 0) throw new UsageError("Nothing to verify: needs FILE…");
  const verifier = values.key === undefined ? null : verifierFrom(values.key);
  const parts = joinParts(100_000);
  const reports: Report[] = [];
  const unreadable: string[] = [];
  for (const file of positionals) {
    for (const { value, where } of readValues(file)) {
      try {
        const whole = parts.add(checkReport(value));
        if (whole !== null) reports.push(whole);
      } catch (error) {
        unreadable.push(`${where}: ${messageOf(error)}`);
      }
    }
  }
  const answer = verifyChain(reports, sha256, verifier);
  const incomplete = parts.open;
  const wrong = answer.faults.length + unreadable.length;
  if (values.json) {
    terminal.out(`${JSON.stringify({ schema: "packdrift.verify/1", ...answer, incomplete, unreadable }, null, 1)}\n`);
  } else {
    terminal.out(render(answer, unreadable, incomplete));
  }
  if (wrong > 0) return 1;
  return answer.reports === 0 || (verifier !== null && answer.signed < answer.reports) ? 2 : 0;
};

function render(answer: ChainAnswer, unreadable: readonly string[], incomplete: number): string {
  const { reports, things, links, signed, cut, gaps, faults } = answer;
  const lines = [
    ...unreadable.map((each) => `unreadable  ${each}`),
    ...faults.map(({ thing, id, what }) => `FAULT       ${thing} ${id}: ${what}`),
    ...gaps.map(({ thing, epoch, fromSequence, toSequence, named }) => {
      const range = `${epoch}.${fromSequence}${toSequence === fromSequence ? "" : ` to ${toSequence}`}`;
      return `${named ? "gap, named " : "gap        "} ${thing} ${range}`;
    }),
    `${reports} reports of ${things} things, ${links} links checked, ${signed} signatures good, ${cut} shortened (cannot be checked)${incomplete === 0 ? "" : `, ${incomplete} lack parts`}`,
    faults.length + unreadable.length === 0 ? "Nothing was changed." : "This is not what the devices sent.",
  ];
  return `${lines.join("\n")}\n`;
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
