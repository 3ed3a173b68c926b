import { UsageError } from "../base/errors.js";
import type { Runnable } from "../drift/finding.js";
import type { Pair } from "../drift/preflight.js";
import { preflight as judgePairs } from "../drift/preflight.js";
import { renderReports } from "../report/formats.js";
import { completeReport } from "../report/make-report.js";
import { exitCodeOfPairs, type NamedMachine } from "../report/preflight/pair.js";
import { fullPreflightJson, preflightJson } from "../report/preflight/preflight-json.js";
import { renderPreflight } from "../report/preflight/preflight-text.js";
import type { Report } from "../report/report.js";
import { PREFLIGHT } from "./help/specs/preflight.js";
import type { Command } from "./shared/command.js";
import { formatOf } from "./shared/format.js";
import { type OriginJob, readInputs } from "./shared/inputs.js";
import { parseOptions } from "./shared/parse-options.js";
import { progress } from "./shared/progress-bar.js";
import { CANNOT_READ, inputProblems } from "./shared/saved-jobs.js";
import { printProblem, textStyle } from "./shared/terminal.js";

/** `packdrift preflight`: every job against every machine. Exits with 0: all run, 1: some will not, 2: unknown, 3: unread files. */
export const preflight: Command = async (args, terminal) => {
  const { values } = parseOptions(args, PREFLIGHT);
  const format = formatOf(values);
  if (values.full && format !== "json") throw new UsageError("--full needs --json");

  const onProblem = (problem: string) => printProblem(terminal, problem);
  const reading = progress(terminal, "Reading jobs and machines", values.job.length + values.facts.length);
  const problems = inputProblems(terminal);
  const { jobs, machines } = await readInputs(values.job, values.facts, problems, onProblem, reading.step);
  reading.end();
  if (problems.haveFailed() && (jobs.length === 0 || machines.length === 0)) return CANNOT_READ;
  if (format !== "text" && format !== "json") checkCount(jobs.length * machines.length, format);
  const now = new Date().toISOString();
  const answers = new Set<Runnable>();
  const judging = progress(terminal, "Judging jobs on machines", jobs.length * machines.length);
  const pairs = noting(judgePairs(jobs, machines, now), answers, judging.step);
  if (format === "text") {
    terminal.out(renderPreflight(jobs, machines, pairs, textStyle(terminal)));
  } else if (format === "json") {
    // Written in pieces, because the JSON of a large fleet does not fit into one string.
    const json = values.full ? fullPreflightJson : preflightJson;
    for (const piece of json(pairs)) terminal.out(piece);
  } else {
    const reports = [...pairs].map((pair, at) => reportOf(pair, at + 1, now));
    terminal.out(renderReports(reports, format, textStyle(terminal)));
  }
  judging.end();
  return problems.haveFailed() ? CANNOT_READ : exitCodeOfPairs(answers);
};

/** The most reports that are made and printed at once; text and JSON make none. */
const MOST_REPORTS = 20_000;

function checkCount(pairs: number, format: string): void {
  if (pairs <= MOST_REPORTS) return;
  const found = `${pairs} pairs of a job and a machine`;
  throw new UsageError(`Cannot print ${found} as ${format}: at most ${MOST_REPORTS}. --format json prints them all`);
}

type JobOnMachine = Pair<OriginJob, NamedMachine>;

function* noting(pairs: Iterable<JobOnMachine>, answers: Set<Runnable>, step: () => void): Generator<JobOnMachine> {
  for (const pair of pairs) {
    step();
    answers.add(pair.verdict.runnable);
    yield pair;
  }
}

/** The report that `check` would make for this job on that machine. */
function reportOf({ job, machine, verdict }: JobOnMachine, sequence: number, checkedAt: string): Report {
  const report = completeReport({
    thing: machine.name,
    trigger: "COMMAND",
    checkedAt,
    ref: { project: job.job.project ?? "", job: job.name },
    job: job.job,
    model: null,
    origin: job.origin,
    unavailable: null,
    facts: machine.facts,
    deployed: null,
    verdict,
    agent: { version: PACKDRIFT_VERSION, node: process.version, transport: "none", outbox: "memory", problems: [] },
  });
  return { ...report, id: `preflight.${sequence}`, epoch: "preflight", sequence };
}
