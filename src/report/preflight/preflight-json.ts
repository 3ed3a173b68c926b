import type { NamedMachine, NamedPair } from "./pair.js";

/**
 * The pairs as one JSON text in pieces, a line for each class: the machines of a job whose answer and findings are the same,
 * `{job, jobFile, machines: [{name, factsFrom}], drift, runnable, findings, remedies}`. Findings are those that are not a
 * MATCH, as in reports. A fleet of a thousand machines has a few dozen classes, so the text stays small.
 */
export function* preflightJson(pairs: Iterable<NamedPair>): Generator<string> {
  const numberOf = numbering();
  yield '{"schema":"packdrift.preflight/2","results":[';
  let before = "\n";
  for (const classes of classesByJob(pairs, numberOf)) {
    for (const { pair, machines } of classes) {
      const { job, verdict, remedies } = pair;
      const names = machines.map(({ name, from }) => ({ name, factsFrom: from }));
      const { drift, runnable } = verdict;
      const result = {
        job: job.name,
        jobFile: job.from,
        drift,
        runnable,
        machines: names,
        findings: unmatched(pair),
        remedies,
      };
      yield `${before}${JSON.stringify(result)}`;
      before = ",\n";
    }
  }
  yield "\n]}\n";
}

/**
 * Like `preflightJson`, with a line for each pair, `{results: [{job, machine, jobFile, factsFrom, drift, runnable,
 * findings, remedies}]}`: hundreds of megabytes for a large fleet.
 */
export function* fullPreflightJson(pairs: Iterable<NamedPair>): Generator<string> {
  const written = new WeakMap<object, string>();
  // Machines that are alike share their findings: each is written out once.
  const textOf = (value: object): string => {
    const text = written.get(value) ?? JSON.stringify(value);
    written.set(value, text);
    return text;
  };
  yield '{"schema":"packdrift.preflight/1","results":[';
  let before = "\n";
  for (const pair of pairs) {
    const { job, machine, verdict, remedies } = pair;
    const { drift, runnable } = verdict;
    const names = { job: job.name, machine: machine.name, jobFile: job.from, factsFrom: machine.from, drift, runnable };
    const head = JSON.stringify(names).slice(0, -1);
    yield `${before}${head},"findings":[${unmatched(pair).map(textOf).join()}],"remedies":${textOf(remedies)}}`;
    before = ",\n";
  }
  yield "\n]}\n";
}

interface PairClass {
  /** The first pair of the class, which represents all. */
  readonly pair: NamedPair;
  readonly machines: NamedMachine[];
}

/** The classes of one job after the other. Pairs of one job follow each other. */
function* classesByJob(
  pairs: Iterable<NamedPair>,
  numberOf: (value: object) => number,
): Generator<Iterable<PairClass>> {
  let classes = new Map<string, PairClass>();
  let job: string | null = null;
  for (const pair of pairs) {
    if (job !== null && pair.job.name !== job) {
      yield classes.values();
      classes = new Map();
    }
    job = pair.job.name;
    const key = [
      pair.verdict.drift,
      pair.verdict.runnable,
      ...unmatched(pair).map(numberOf),
      numberOf(pair.remedies),
    ].join();
    const known = classes.get(key);
    if (known === undefined) classes.set(key, { pair, machines: [pair.machine] });
    else known.machines.push(pair.machine);
  }
  yield classes.values();
}

/** The findings that are not a match. */
function unmatched({ verdict }: NamedPair) {
  return verdict.findings.filter(({ outcome }) => outcome !== "MATCH");
}

/** Numbers values by their content; an object that was seen before is not serialized again. */
function numbering(): (value: object) => number {
  const byObject = new WeakMap<object, number>();
  const byText = new Map<string, number>();
  return (value) => {
    const known = byObject.get(value);
    if (known !== undefined) return known;
    const text = JSON.stringify(value);
    const number = byText.get(text) ?? byText.size;
    byText.set(text, number);
    byObject.set(value, number);
    return number;
  };
}
