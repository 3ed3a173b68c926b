// Times one reading of the facts and one comparison inside a process of their own; prints one JSON line of medians in ms.
import { readFileSync } from "node:fs";
import { detectFacts } from "../src/device/detect.js";
import { linuxHost } from "../src/device/linux-host.js";
import { compare } from "../src/drift/compare.js";
import { parseJob } from "../src/job/parse-job.js";

const job = parseJob(JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")));
const first = time(() => detectFacts(linuxHost("/")));
const facts = detectFacts(linuxHost("/"));
const input = { job, model: null, origin: null, facts, deployed: null, now: "2026-11-23T18:00:00Z" };
const firstComparison = time(() => compare(input));
const readings = Array.from({ length: 101 }, () => time(() => detectFacts(linuxHost("/"))));
const comparisons = Array.from({ length: 2001 }, () => time(() => compare(input)));
console.log(
  JSON.stringify({ firstReading: first, reading: median(readings), firstComparison, comparison: median(comparisons) }),
);

function time(action: () => unknown): number {
  const from = process.hrtime.bigint();
  action();
  return Number(process.hrtime.bigint() - from) / 1e6;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
