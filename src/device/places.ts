import { printable } from "../base/text.js";
import type { Confidence, Reading, Sighting } from "./facts.js";
import type { Host } from "./host.js";

/** A place that could not be read, and why. */
export interface Problem {
  readonly from: string;
  readonly why: string;
}

/** Collects what every place says about one fact, the most trusted place first, and makes one reading of it. */
export interface Places {
  /** What was said, in the order asked. */
  readonly sightings: readonly Sighting[];
  readonly problems: readonly Problem[];
  /** Reads a file and notes what `says` finds in it; a text that says nothing is a problem unless `silent`. */
  ask(path: string, says: (text: string) => string | null, silent?: boolean): string | null;
  /** Notes what a place says. */
  note(from: string, value: string): void;
  /** Notes a place that should have been looked at and could not be. */
  fail(from: string, why: string): void;
  /** Notes a place that was looked at and says nothing. */
  missed(from: string): void;
  /** The first place's value; DISPUTED when another place differs; "unreadable" before "absent" when nobody says. */
  settle(confidence?: Confidence): Reading<string>;
}

/** An empty collection over a host. */
export function placesOn(host: Host): Places {
  const sightings: Sighting[] = [];
  const problems: Problem[] = [];
  const silentPlaces: string[] = [];

  return {
    sightings,
    problems,
    ask(path, says, silent = false) {
      const text = host.text(path);
      if (text.state === "unreadable") problems.push({ from: path, why: text.why });
      if (text.state === "absent") silentPlaces.push(path);
      if (text.state !== "found") return null;
      const value = says(text.value);
      if (value !== null) sightings.push({ from: path, value });
      else if (silent) silentPlaces.push(path);
      else problems.push({ from: path, why: "does not have the form it should have" });
      return value;
    },
    note: (from, value) => void sightings.push({ from, value }),
    fail: (from, why) => void problems.push({ from, why }),
    missed: (from) => void silentPlaces.push(from),
    settle(confidence = "FIRM") {
      const first = sightings[0];
      if (first) return settled(first, sightings, confidence);
      return unsaid(problems, silentPlaces);
    },
  };
}

/** The reading for a fact that no place tells: "unreadable" when a place could not be read, else "absent". */
export function unsaid(problems: readonly Problem[], looked: readonly string[]): Reading<never> {
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
