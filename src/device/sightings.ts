import { printable } from "../base/text.js";
import type { Confidence, Reading, Sighting } from "./facts.js";
import type { Host } from "./host.js";

/** A path that could not be read, and why. */
export interface Problem {
  readonly from: string;
  readonly why: string;
}

/** Collects what each file says about one fact, the most trusted file first, and turns it into a reading. */
export interface Sightings {
  /** In the order in which they were added. */
  readonly all: readonly Sighting[];
  readonly problems: readonly Problem[];
  /** Reads a file and adds the value that `parse` finds in it; a file without one is a problem unless `optional`. */
  read(path: string, parse: (text: string) => string | null, optional?: boolean): string | null;
  add(from: string, value: string): void;
  /** Records a path that could not be read. */
  fail(from: string, why: string): void;
  /** Records a path that was read and has no value. */
  missed(from: string): void;
  /**
   * The first value; DISPUTED if another one differs. Without any value it is "unreadable" if a path failed, otherwise
   * "absent".
   */
  settle(confidence?: Confidence): Reading<string>;
}

/** An empty collection over a host. */
export function sightingsOn(host: Host): Sightings {
  const all: Sighting[] = [];
  const problems: Problem[] = [];
  const without: string[] = [];

  return {
    all,
    problems,
    read(path, parse, optional = false) {
      const text = host.text(path);
      if (text.state === "unreadable") problems.push({ from: path, why: text.why });
      if (text.state === "absent") without.push(path);
      if (text.state !== "found") return null;
      const value = parse(text.value);
      if (value !== null) all.push({ from: path, value });
      else if (optional) without.push(path);
      else problems.push({ from: path, why: "has an unknown format" });
      return value;
    },
    add: (from, value) => void all.push({ from, value }),
    fail: (from, why) => void problems.push({ from, why }),
    missed: (from) => void without.push(from),
    settle(confidence = "FIRM") {
      const first = all[0];
      if (first) return settled(first, all, confidence);
      return notStated(problems, without);
    },
  };
}

/** The reading of a fact that nothing states: "unreadable" if a path could not be read, otherwise "absent". */
export function notStated(problems: readonly Problem[], looked: readonly string[]): Reading<never> {
  const problem = problems[0];
  if (problem) return { state: "unreadable", from: printable(problem.from), why: problem.why };
  return { state: "absent", from: looked.join(", ") };
}

/** A value without line ends, control characters or excess, fit for a report. */
export function cleanText(text: string): string {
  return text
    .replace(/\p{Cc}+/gu, " ")
    .trim()
    .slice(0, 200);
}

function settled(first: Sighting, sightings: readonly Sighting[], confidence: Confidence): Reading<string> {
  const disputed = sightings.some(({ value }) => value !== first.value);
  return {
    state: "known",
    value: first.value,
    from: first.from,
    confidence: disputed ? "DISPUTED" : confidence,
    ...(disputed ? { seen: [...sightings] } : {}),
  };
}
