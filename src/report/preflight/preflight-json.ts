import type { NamedPair } from "./pair.js";

/**
 * The pairs as one JSON text, `{results: [{job, machine, drift, runnable, findings, remedies}]}`, in pieces: a line for each
 * pair. Findings are those that are no MATCH, as in reports.
 */
export function* preflightJson(pairs: Iterable<NamedPair>): Generator<string> {
  const written = new WeakMap<object, string>();
  // Machines that are alike share their findings: each is written out once.
  const textOf = (value: object): string => {
    const text = written.get(value) ?? JSON.stringify(value);
    written.set(value, text);
    return text;
  };
  yield '{"schema":"packdrift.preflight/1","results":[';
  let before = "\n";
  for (const { job, machine, verdict, remedies } of pairs) {
    const { drift, runnable } = verdict;
    const names = { job: job.name, machine: machine.name, jobFile: job.from, factsFrom: machine.from, drift, runnable };
    let findings = "";
    for (const finding of verdict.findings) {
      if (finding.outcome !== "MATCH") findings += `${findings === "" ? "" : ","}${textOf(finding)}`;
    }
    const head = JSON.stringify(names).slice(0, -1);
    yield `${before}${head},"findings":[${findings}],"remedies":${textOf(remedies)}}`;
    before = ",\n";
  }
  yield "\n]}\n";
}
