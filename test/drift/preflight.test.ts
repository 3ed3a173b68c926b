import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import { detectFacts } from "../../src/device/detect.js";
import type { DeviceFacts } from "../../src/device/facts.js";
import { linuxHost } from "../../src/device/linux-host.js";
import { preflight } from "../../src/drift/preflight.js";
import { remedies } from "../../src/drift/remedies.js";
import { parseJob } from "../../src/job/parse-job.js";
import { runs } from "../long-runs.js";
import { is, NONE, someFacts, someJob } from "./builders.js";

const TOP = join(import.meta.dirname, "../..");
const NOW = "2026-11-23T18:00:00.000Z";
const filesIn = (folder: string) => readdirSync(join(TOP, folder)).filter((name) => !name.endsWith(".md"));
const jobs = filesIn("src/lab/jobs").map((name) => ({
  job: parseJob(JSON.parse(readFileSync(join(TOP, "src/lab/jobs", name), "utf8"))),
}));
const machines = filesIn("test/hosts").map((name) => ({
  facts: detectFacts(linuxHost(join(TOP, "test/hosts", name))),
}));

/** Each machine again with one fact of its neighbour: alike in most, different in one. */
const mixed = machines.flatMap(({ facts }, at) => {
  const other = machines[(at + 7) % machines.length]?.facts ?? facts;
  const keys = Object.keys(facts) as (keyof DeviceFacts)[];
  return keys.map((key) => ({ facts: { ...facts, [key]: other[key] } as DeviceFacts }));
});

describe("preflight", () => {
  it("answers every pair exactly as it would be answered alone, however alike the machines are", () => {
    const step = Math.ceil(mixed.length / runs(mixed.length));
    const all = [...machines, ...mixed.filter((_, at) => at % step === 0), ...machines];
    let pairs = 0;
    for (const { job, machine, ...answer } of preflight(jobs, all, NOW)) {
      const alone = remedies(
        { job: job.job, model: null, facts: machine.facts, origin: null, deployed: null, now: NOW },
        [],
      );
      // Far quicker than the assertion, which then only shows the difference.
      if (!isDeepStrictEqual(answer, alone)) expect(answer).toEqual(alone);
      pairs++;
    }
    expect(pairs).toBe(jobs.length * all.length);
  });

  it("keeps the order of the jobs, and for each job the order of the machines", () => {
    const named = <T>(value: T, name: string) => ({ ...value, name });
    const pairs = preflight(
      [named({ job: someJob() }, "A"), named({ job: someJob() }, "B")],
      [named({ facts: someFacts() }, "x"), named({ facts: someFacts() }, "y")],
      NOW,
    );
    expect([...pairs].map(({ job, machine }) => job.name + machine.name)).toEqual(["Ax", "Ay", "Bx", "By"]);
  });

  it("shares fixes between machines that differ only in what is right", () => {
    const machine = (totalBytes: number) => ({
      facts: someFacts({ cuda: NONE, memory: is({ totalBytes, availableBytes: null }) }),
    });
    const [one, other] = preflight([{ job: someJob() }], [machine(16e9), machine(32e9)], NOW);
    expect(one?.remedies).not.toEqual([]);
    expect(other?.remedies).toBe(one?.remedies);
  });

  it("finds component rules not applicable, since nothing is deployed", () => {
    const [pair] = preflight([{ job: someJob() }], [{ facts: someFacts() }], NOW);
    const outcomes = pair?.verdict.findings
      .filter(({ rule }) => rule.startsWith("component."))
      .map((one) => one.outcome);
    expect(outcomes).toEqual(["NOT_APPLICABLE", "NOT_APPLICABLE", "NOT_APPLICABLE"]);
  });

  it("answers once for machines with the same facts", () => {
    const machines = [{ facts: someFacts() }, { facts: someFacts({ cuda: NONE }) }, { facts: someFacts() }];
    const [first, other, same] = [...preflight([{ job: someJob() }], machines, NOW)].map(({ verdict }) => verdict);

    expect(same).toBe(first);
    expect(other).not.toEqual(first);
  });
});
