import { deflateRawSync } from "node:zlib";
import { parseJob } from "../src/job/parse-job.js";
import { type Sample, sampleReports } from "./sample-reports.js";

/** Half of what deflate could reach: each text costs reading all of it, and twice as much packs reports a twentieth smaller. */
const MOST_BYTES = 16_384;

/** A dictionary for short texts: heartbeats. */
export function shortDictionaryOf(jobs: readonly unknown[]): string {
  return sampleReports(jobs.map(parseJob))
    .slice(0, 2)
    .map((sample) => JSON.stringify(sample("HEARTBEAT", NUMBER)))
    .join("");
}

/** A dictionary of what reports of these jobs have in common: the rarest first, since deflate finds what is near at less cost. */
export function dictionaryOf(jobs: readonly unknown[]): string {
  const samples = sampleReports(jobs.map(parseJob));
  const times = new Map<string, number>();
  for (const sample of samples) for (const piece of piecesOf(sample)) times.set(piece, (times.get(piece) ?? 0) + 1);
  const common = [...times].filter(([, count]) => count > 1).sort(([, a], [, b]) => b - a);
  let text = tail(samples);
  for (const [piece] of common) {
    if (Buffer.byteLength(text) + Buffer.byteLength(piece) > MOST_BYTES) continue;
    // What the dictionary says already in other words is left out.
    const cost = deflateRawSync(piece, { dictionary: Buffer.from(text) }).length;
    if (cost > 24) text = piece + text;
  }
  return text;
}

/** The head of a report and each of its findings. */
function piecesOf(sample: Sample): readonly string[] {
  const { findings, ...head } = sample("COMPLETE", NUMBER);
  return [JSON.stringify(head), ...findings.map((finding) => `${JSON.stringify(finding)},`)];
}

const NUMBER = {
  thing: "line-1",
  epoch: "01JD4Q6Z",
  sequence: 1,
  checkedAt: "2026-11-01T02:00:00.000Z",
  previous: "=".repeat(43),
};

/** A whole report and a heartbeat: every report has most of one of them. */
function tail(samples: readonly Sample[]): string {
  const [first] = samples;
  return first === undefined
    ? ""
    : JSON.stringify(first("COMPLETE", NUMBER)) + JSON.stringify(first("HEARTBEAT", NUMBER));
}
