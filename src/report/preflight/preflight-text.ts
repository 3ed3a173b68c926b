import { painter, type TextStyle, wrap } from "../../base/terminal-text.js";
import { countOf } from "../../base/text.js";
import type { Runnable } from "../../drift/finding.js";
import { targetOf } from "../make-report.js";
import { explanationGroups, explanationLines } from "./explain.js";
import { matrixLines } from "./matrix.js";
import type { NamedJob, NamedMachine, NamedPair } from "./pair.js";
import { ANSWERS } from "./words.js";

/** Every pair at a glance, then the reasons for each that does not run as tested; ends with a line break. */
export function renderPreflight(
  jobs: readonly NamedJob[],
  machines: readonly NamedMachine[],
  pairs: Iterable<NamedPair>,
  style: TextStyle,
): string {
  const reasons = explanationGroups();
  const all: Runnable[] = [];
  for (const pair of pairs) {
    all.push(pair.verdict.runnable);
    reasons.add(pair);
  }
  const answers = jobs.map((_, at) => all.slice(at * machines.length, (at + 1) * machines.length));
  const targets = jobs.map(({ job }) => targetOf(job));
  const names = { jobs: jobs.map(({ name }) => name), targets, machines: machines.map(({ name }) => name) };
  const paint = painter(style.colour);
  const lines = [
    ...wrap(summary(jobs.length, machines.length, all), style.width).map((line) => paint("bold", line)),
    "",
    ...matrixLines({ ...names, answers }, style),
    ...reasons.explanations().flatMap((one) => ["", ...explanationLines(one, style)]),
  ];
  return `${lines.join("\n")}\n`;
}

function summary(jobs: number, machines: number, answers: readonly Runnable[]): string {
  const numbers = (Object.keys(ANSWERS) as Runnable[]).flatMap((kind) => {
    const number = answers.filter((answer) => answer === kind).length;
    const { one, many } = ANSWERS[kind];
    return number === 0 ? [] : [`${number} ${number === 1 ? one : many}`];
  });
  return `${countOf(jobs, "job")} on ${countOf(machines, "machine")}: ${numbers.join(", ")}`;
}
