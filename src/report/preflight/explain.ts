import { indent, labelled, painter, type TextStyle, wrap } from "../../base/terminal-text.js";
import type { Finding, RuleId, Runnable } from "../../drift/finding.js";
import { HARDWARE_RULES } from "../../drift/remedies/remedy.js";
import { NON_DECIDING } from "../../drift/verdict.js";
import type { NamedPair } from "./pair.js";
import { ANSWERS, namesOf } from "./words.js";

/** Why a job will not, or may not, run on some machines: those that share the same reasons and fixes. */
interface Explanation {
  readonly job: string;
  readonly runnable: Runnable;
  readonly machines: string[];
  /** The reasons that decide, in full. */
  readonly findings: readonly Finding[];
  /** Rules that differ too, but matter only once the reasons above are fixed. */
  readonly alsoDiffering: readonly RuleId[];
}

/** Groups the pairs that are added to it by the reasons why they do not run; pairs that run are left out. */
export function explanationGroups() {
  const groups = new Map<string, Explanation>();
  /** Machines that are alike share their findings, so each set of them is grouped once. */
  const seen = new Map<string, Explanation>();
  const numbers = new WeakMap<Finding, number>();
  let last = 0;
  const numberOf = (finding: Finding): number => {
    const number = numbers.get(finding) ?? ++last;
    numbers.set(finding, number);
    return number;
  };
  return {
    add({ job, machine, verdict }: NamedPair): void {
      const { runnable, findings } = verdict;
      if (runnable === "RUNNABLE") return;
      let same = `${job.name}\n`;
      for (const finding of findings) if (isDecisive(finding)) same += `${numberOf(finding)} `;
      const known = seen.get(same);
      if (known !== undefined) {
        known.machines.push(machine.name);
        return;
      }
      const reasons = reasonsOf(findings.filter(isDecisive), runnable);
      const content = reasons.findings.map(({ fingerprint, because, remedy }) => [fingerprint, because, remedy]);
      const key = JSON.stringify([job.name, runnable, content, reasons.alsoDiffering]);
      const group = groups.get(key) ?? { job: job.name, runnable, machines: [], ...reasons };
      group.machines.push(machine.name);
      groups.set(key, group);
      seen.set(same, group);
    },
    /** In the jobs' order, the most severe first for each job. */
    explanations(): readonly Explanation[] {
      const byJob = new Map<string, Explanation[]>();
      for (const one of groups.values()) byJob.set(one.job, [...(byJob.get(one.job) ?? []), one]);
      return [...byJob.values()].flatMap((ones) =>
        ORDER.flatMap((runnable) => ones.filter((one) => one.runnable === runnable)),
      );
    },
  };
}

/** Whether a finding speaks against running. */
function isDecisive({ outcome, rule }: Finding): boolean {
  return outcome === "DRIFT" || (outcome === "UNKNOWN" && !NON_DECIDING.includes(rule));
}

const ORDER: readonly Runnable[] = ["WILL_NOT_RUN", "CANNOT_TELL", "RUNNABLE_UNTESTED"];
const MOST_MACHINES = 20;

/** One explanation as text. */
export function explanationLines(explanation: Explanation, style: TextStyle): readonly string[] {
  const { job, runnable, machines, findings, alsoDiffering } = explanation;
  const { symbol, word, colour } = ANSWERS[runnable];
  const paint = painter(style.colour);
  const summary = runnable === "CANNOT_TELL" ? `${job}: cannot tell for` : `${job} ${word} on`;
  const heading = wrap(`${symbol} ${summary} ${namesOf(machines, MOST_MACHINES)}`, style.width);
  const width = style.width - 4;
  const row = (label: string, text: string) => labelled(label, text, width);
  return [
    ...heading.map((line) => paint(colour, line)),
    ...indent([
      ...findings.flatMap((finding) => [
        ...row("because", finding.because),
        ...(finding.expected === null ? [] : row("expected", finding.expected)),
        ...(finding.actual === null ? [] : row("actual", finding.actual)),
        ...(isLastWithRemedy(finding, findings) ? finding.remedy : []).flatMap((remedy, at) =>
          row(at === 0 ? "fix" : "or", remedy),
        ),
      ]),
      ...(alsoDiffering.length === 0 ? [] : row("also", alsoDiffering.join(", "))),
    ]),
  ];
}

/** One change can fix several findings: it is printed below the last of them. */
function isLastWithRemedy(finding: Finding, findings: readonly Finding[]): boolean {
  const next = findings[findings.indexOf(finding) + 1];
  return next === undefined || next.remedy.join("\n") !== finding.remedy.join("\n");
}

/** The findings that decide: of those that block, hardware comes before software and the wrong system before anything else. */
function reasonsOf(findings: readonly Finding[], runnable: Runnable): Pick<Explanation, "findings" | "alsoDiffering"> {
  const drifted = findings.filter(({ outcome }) => outcome === "DRIFT");
  if (runnable === "CANNOT_TELL") {
    const open = findings.filter(({ outcome }) => outcome === "UNKNOWN");
    return { findings: open, alsoDiffering: rulesOf(drifted, open) };
  }
  if (runnable !== "WILL_NOT_RUN") return { findings: drifted, alsoDiffering: [] };
  const blocking = drifted.filter(({ severity }) => severity === "BLOCKING");
  const gravest = SETS.map((rules) => blocking.filter(({ rule }) => rules.includes(rule))).find(
    (set) => set.length > 0,
  );
  const shown = gravest ?? blocking;
  const hopeless = shown.some(({ rule }) => HOPELESS.includes(rule));
  return { findings: shown, alsoDiffering: hopeless ? [] : rulesOf(drifted, shown) };
}

/** Where one of these blocks, other differences do not matter. */
const HOPELESS: readonly RuleId[] = ["job.status", "target.os", "target.arch"];

const SETS: readonly (readonly RuleId[])[] = [
  ["job.status"],
  ["target.os", "target.arch"],
  ["target.accelerator"],
  ["target.device"],
  HARDWARE_RULES,
];

function rulesOf(findings: readonly Finding[], shown: readonly Finding[]): readonly RuleId[] {
  const covered = shown.map(({ rule }) => rule);
  return [...new Set(findings.map(({ rule }) => rule))].filter((rule) => !covered.includes(rule));
}
