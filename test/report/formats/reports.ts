import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { detectFacts } from "../../../src/device/detect.js";
import type { DeviceFacts } from "../../../src/device/facts.js";
import { linuxHost } from "../../../src/device/linux-host.js";
import type { Deployed } from "../../../src/drift/deployed.js";
import { judge } from "../../../src/drift/judge.js";
import { parseJob } from "../../../src/job/parse-job.js";
import { completeReport, heartbeat, nothingToCheck } from "../../../src/report/make-report.js";
import type { CompleteReport, Report } from "../../../src/report/report.js";
import { someFinding, someReport } from "../builders.js";

const TOP = join(import.meta.dirname, "../../..");
export const NOW = "2026-11-23T18:00:00.000Z";

/** Everything that XML, YAML, TAP, label values or JSON could stumble over. */
export const NASTY =
  "<b>&amp;\"'\\ # SKIP ]]> \u0000\u0007\u001b[31m\n\r\tä€😀 \ud800 \u2028 \u202e \u007f \u0085 \ufffe ok 7 - {}";

/** A report of each outcome: a drift, one that could not be told, waived and rising ones, notes, what does not apply. */
export function variedReport(): CompleteReport {
  return someReport({
    findings: [
      someFinding({
        rule: "job.consistent",
        outcome: "NOT_APPLICABLE",
        severity: "WARNING",
        because: "A conflict",
        remedy: [],
      }),
      someFinding({
        rule: "compiler.cuda-ver",
        outcome: "UNKNOWN",
        severity: "WARNING",
        actual: null,
        because: "No CUDA",
      }),
      someFinding(),
      someFinding({ severity: "WARNING", because: "JetPack 4.6.2 is later", remedy: [] }),
      someFinding({ rule: "compiler.driver", waived: { reason: "Known", expires: "2027-01-01" }, because: "Too old" }),
      someFinding({ rule: "component.version", damped: { state: "RISING", checks: 1, needed: 3 }, because: "Other" }),
      someFinding({
        rule: "component.state",
        outcome: "NOT_APPLICABLE",
        severity: "INFO",
        because: "Not told",
        remedy: [],
      }),
      someFinding({ rule: "device.memory", outcome: "UNKNOWN", severity: "INFO", actual: null, because: "No memory" }),
    ],
  });
}

/** A report whose every text from outside is NASTY. */
export function nastyReport(): CompleteReport {
  const report = someReport({ thing: NASTY });
  const finding = someFinding({ because: NASTY, expected: NASTY, actual: NASTY, remedy: [NASTY], path: NASTY });
  return {
    ...report,
    job: { ...report.job, project: NASTY, name: NASTY, source: `file ${NASTY}` },
    findings: [
      { ...finding, evidence: [{ from: NASTY, value: NASTY }] },
      { ...finding, rule: "device.access", outcome: "UNKNOWN" },
      { ...finding, rule: "target.os", waived: { reason: NASTY, expires: null } },
    ],
  };
}

/** The sign of life of an ordinary report. */
export function someHeartbeat(): Report {
  const { id, epoch, sequence, ...rest } = someReport();
  return { ...heartbeat(rest), id, epoch, sequence };
}

/** Where nothing could be checked. */
export function notCheckedReport(): Report {
  return reportsOf(hosts()[0] as Host, null)[0] as Report;
}

/** What a device says that has no job. */
export function nothingToCheckReport(): CompleteReport {
  const { thing, trigger, checkedAt, agent } = someReport();
  const facts = (hosts()[0] as Host).facts;
  const place = { id: "e1.1", epoch: "e1", sequence: 1 };
  return { ...nothingToCheck({ thing, trigger, checkedAt, agent, facts }), ...place };
}

export interface Host {
  readonly name: string;
  readonly facts: DeviceFacts;
}

/** The facts of every machine in test/hosts. */
export function hosts(): readonly Host[] {
  return readdirSync(join(TOP, "test/hosts"))
    .filter((name) => name !== "SOURCES.md")
    .sort()
    .map((name) => ({ name, facts: detectFacts(linuxHost(join(TOP, "test/hosts", name))) }));
}

const JOBS = readdirSync(join(TOP, "src/lab/jobs"))
  .sort()
  .map((name) => parseJob(JSON.parse(readFileSync(join(TOP, "src/lab/jobs", name), "utf8"))));

/** The reports of one check of all sample jobs on a machine; of one job that could not be had where `jobs` is null. */
export function reportsOf(
  host: Host,
  jobs: readonly ReturnType<typeof parseJob>[] | null = JOBS,
  deployed: (name: string) => Deployed | null = () => null,
): readonly Report[] {
  const gone = { reason: "GONE", message: "The service has been shut down" };
  const lookups = (jobs ?? [null]).map((job) => ({
    ref: { project: job?.project ?? "bolts", job: job?.name ?? "inspect-7" },
    job,
    model: null,
    origin: job && { source: "file jobs/a.json", fetchedAt: NOW, digest: "ab".repeat(32), stale: null },
    unavailable: job === null ? gone : null,
    deployed: job?.component.name ? deployed(job.component.name) : null,
  }));
  const verdicts = judge({ lookups, facts: host.facts, now: NOW, maxCopyAgeDays: null, waivers: [] });
  const agent = { version: "0.1.0", node: "v16.20.2", transport: "none", outbox: "memory", problems: [] } as const;
  return lookups.map((lookup, at): Report => {
    const verdict = verdicts[at];
    if (verdict === undefined) throw new Error("no verdict");
    const checked = {
      ...lookup,
      thing: host.name,
      trigger: "COMMAND",
      checkedAt: NOW,
      facts: host.facts,
      agent,
      verdict,
    } as const;
    return { ...completeReport(checked), id: `e1.${at + 1}`, epoch: "e1", sequence: at + 1 };
  });
}
