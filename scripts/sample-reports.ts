// Real reports: every recorded machine with each job, as its component would publish them. For the dictionary and the benchmark.
import { deployedFrom } from "../src/drift/deployed.js";
import { preflight } from "../src/drift/preflight.js";
import type { PackagingJob } from "../src/job/job.js";
import { recordedMachines } from "../src/lab/fleet/recorded-machines.js";
import { completeReport, heartbeat } from "../src/report/make-report.js";
import type { Report } from "../src/report/report.js";

/** What differs between two reports about one job on one machine. */
interface ReportNumber {
  readonly thing: string;
  readonly epoch: string;
  readonly sequence: number;
  readonly checkedAt: string;
  readonly previous?: string;
}

/** A pair of machine and job, which makes its complete report or heartbeat. */
export type Sample = (kind: "COMPLETE" | "HEARTBEAT", numbered: ReportNumber) => Report;

/** The pairs with a meaningful verdict: each machine with each job. */
export function sampleReports(jobs: readonly PackagingJob[]): readonly Sample[] {
  const machines = [...recordedMachines().values()];
  const pairs = preflight(
    jobs.map((job) => ({ job })),
    machines,
    "2026-11-01T00:00:00.000Z",
  );
  return [...pairs].map(({ job, machine, verdict }): Sample => {
    const { name = "" } = job.job.component;
    return (kind, { thing, epoch, sequence, checkedAt, previous }) => {
      const made = completeReport({
        ...{ thing, trigger: "SCHEDULE", checkedAt, job: job.job, model: null, unavailable: null, verdict },
        ref: { project: job.job.project, job: job.job.name },
        origin: {
          source: "api",
          digest: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
          fetchedAt: checkedAt,
          stale: null,
        },
        facts: machine.facts,
        deployed: deployedFrom(name ?? "", [
          {
            from: "the nucleus",
            result: { kind: "version", version: job.job.component.version ?? "1.0.0", state: "RUNNING" },
          },
        ]),
        agent: { version: "0.1.0", node: "v20.20.2", transport: "ipc", outbox: "disk", problems: [] },
      });
      const clock = { boot: "b0a7c1de-5f3e-4f0a-9c55-1d2f3a4b5c6d", ms: 86_400_123 + sequence };
      const numbers = {
        id: `${epoch}.${sequence}`,
        epoch,
        sequence,
        clock,
        ...(previous === undefined ? {} : { previous }),
      };
      return kind === "COMPLETE" ? { ...made, ...numbers } : { ...heartbeat(made), ...numbers, ack: "cloud" };
    };
  });
}
