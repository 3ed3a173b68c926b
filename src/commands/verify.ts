import { UsageError } from "../base/errors.js";
import { reasonOf } from "../base/system-errors.js";
import { clean, hanging } from "../base/terminal-text.js";
import { type ChainAnswer, verifyChain } from "../fleet/chain/chain.js";
import { ed25519Verifier, MOST_PEM_BYTES, sha256 } from "../platform/seals.js";
import type { Report } from "../report/report.js";
import { VERIFY } from "./help/specs/verify.js";
import type { Command } from "./shared/command.js";
import { parseOptions } from "./shared/parse-options.js";
import { readSavedReports, readUserFile } from "./shared/saved-reports.js";
import { lineWidth } from "./shared/terminal.js";

/** The width of the labels, in columns. */
const LABEL = 12;

/**
 * `packdrift verify FILE…`: checks that saved reports are what the devices sent: the chain of seals, the signatures and gaps.
 * Exits with 0 when everything is sound, 1 when something was changed, 2 when nothing or not everything could be checked, 3 when
 * a file cannot be read.
 */
export const verify: Command = async (args, terminal) => {
  const { values, positionals } = parseOptions(args, VERIFY);
  const verifier = values.key === undefined ? null : verifierFrom(values.key);
  const { reports, unreadable, unreadableCount } = readSavedReports(positionals);
  const answer = verifyChain(reports, sha256, verifier);
  const verdict = judge(answer, unreadableCount, reports.filter(isUnchained).length, verifier !== null);
  if (values.json) {
    terminal.out(`${JSON.stringify({ schema: "packdrift.verify/1", ...answer, unreadable }, null, 1)}\n`);
  } else {
    const width = lineWidth(terminal);
    const lines = [...linesOf(answer, unreadable), verdict.text];
    terminal.out(`${lines.flatMap((line) => hanging(clean(line), width, LABEL)).join("\n")}\n`);
  }
  return verdict.code;
};

/** Whether `check` or `preflight` made it: they number their reports but seal none. */
function isUnchained({ epoch, previous, signature }: Report): boolean {
  return ["check", "preflight"].includes(epoch) && previous === undefined && signature === undefined;
}

const NEVER_CHAINED =
  "Nothing can be checked: reports that packdrift check and preflight write have no seals. Only those that the component sent have them.";

interface Verdict {
  readonly code: 0 | 1 | 2;
  readonly text: string;
}

function judge(answer: ChainAnswer, unreadable: number, unchained: number, withKey: boolean): Verdict {
  const { reports, links, signed, unchecked, gaps, faults } = answer;
  if (faults.length > 0) return { code: 1, text: "This is not what the devices sent." };
  if (reports === 0)
    return { code: 2, text: unreadable > 0 ? "There is no report to check." : "There is nothing to check." };
  if (unchained === reports) return { code: 2, text: NEVER_CHAINED };
  if (links + signed === 0) return { code: 2, text: "Nothing could be checked." };
  const doubtful = new Set(unchecked.map(({ thing, id }) => JSON.stringify([thing, id]))).size;
  const unnamed = gaps.filter(({ named }) => !named).length;
  const open = [
    ...(doubtful > 0 ? [`${doubtful} of ${reports} reports could not be checked`] : []),
    ...(unnamed > 0 ? [`${unnamed} ${unnamed === 1 ? "gap is" : "gaps are"} not named by any report`] : []),
    ...(unreadable > 0
      ? [`${unreadable} ${unreadable === 1 ? "entry is not a report" : "entries are not reports"}`]
      : []),
  ];
  if (open.length > 0) return { code: 2, text: `No change was found, but ${listed(open)}.` };
  return { code: 0, text: `${withKey ? "Nothing was changed." : WITHOUT_KEY} ${LOST_TAIL}` };
}

// Seals need no secret: someone who changes a report and all later ones can recompute them.
const WITHOUT_KEY =
  "No change was found; a change to the last report, or to all reports from some point on, can be detected only with --key.";
// No report refers to a later one.
const LOST_TAIL = "Reports missing after the last one cannot be detected.";

function listed(phrases: readonly string[]): string {
  return phrases.length < 2 ? phrases.join("") : `${phrases.slice(0, -1).join(", ")}, and ${phrases.at(-1)}`;
}

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

function verifierFrom(path: string): ReturnType<typeof ed25519Verifier> {
  try {
    return ed25519Verifier(readUserFile(path, MOST_PEM_BYTES));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`Cannot use --key "${path}": ${reasonOf(error)}`, { cause: error });
  }
}
