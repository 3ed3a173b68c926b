import type { Instant } from "../base/clock.js";
import type { Ack, Gap, Report, UnnumberedReport } from "../report/report.js";
import { sealedText, signedText } from "../report/seal.js";
import { gapsForReport, MOST_GAPS, withoutReported } from "./gaps.js";
import type { Entry } from "./journal.js";
import type { Mark } from "./mark.js";
import type { ChainState } from "./replay.js";

/** Seals and signs texts. */
export interface Seals {
  /** SHA-256, base64url. */
  readonly digest: (text: string) => string;
  /** Ed25519, base64url; null without a key. */
  readonly sign: (text: string) => string | null;
}

/** A report with its sequence, clock and seal, and the mark of its record. */
export interface Numbered extends Entry {
  readonly report: Report;
  readonly mark: Extract<Mark, { type: "R" }>;
  readonly body: string;
}

/** The size of a signature in a report's JSON. */
const SIGNATURE_BYTES = 102;
const MOST_HEARTBEAT_BYTES = 1_023;

/** Numbers reports in order, continuing from `state`. */
export function numberAll(
  reports: readonly UnnumberedReport[],
  state: ChainState,
  at: Instant,
  seals: Seals,
): readonly Numbered[] {
  let behind = state;
  return reports.map((report) => {
    const made = number(report, behind, at, seals);
    behind = chainAfter(behind, made);
    return made;
  });
}

/** The state after a report that continues from `state`. */
export function chainAfter(state: ChainState, { report, mark }: Numbered): ChainState {
  const gaps = withoutReported(state.gaps, mark.gaps ?? []);
  return { ...state, sequence: report.sequence, gaps, digest: mark.digest };
}

/** The size as JSON with a signature, in bytes. */
export function sizeOf(report: Report | UnnumberedReport): number {
  return Buffer.byteLength(JSON.stringify(report)) + SIGNATURE_BYTES;
}

/** Whether the cloud has ever acknowledged anything, as heartbeats report it. */
export function ackOf(state: ChainState): Ack {
  return state.acknowledged ? "cloud" : "none";
}

/** Identifies a report's job; a job that is looked up by its component has no name until it is found. */
export function jobKey({ job, component }: UnnumberedReport): string {
  return `${job.project}/${job.name ?? component.name ?? null}`;
}

function number(
  report: UnnumberedReport,
  behind: ChainState,
  { boot, bootMs }: Instant,
  { digest: digestOf, sign }: Seals,
): Numbered {
  const { era, epoch } = behind;
  const sequence = behind.sequence + 1;
  const withGaps = (gaps: readonly Gap[]) =>
    ({
      ...report,
      id: `${epoch}.${sequence}`,
      epoch,
      sequence,
      clock: { boot, ms: Math.round(bootMs) },
      ...(gaps.length > 0 ? { gaps: gapsForReport(gaps, epoch) } : {}),
      ...(behind.digest === null ? {} : { previous: behind.digest }),
      ...(report.kind === "HEARTBEAT" ? { ack: ackOf(behind) } : {}),
    }) as Report;
  // The next report names the gaps that do not fit.
  let gaps = behind.gaps.slice(0, MOST_GAPS);
  while (gaps.length > 0 && report.kind === "HEARTBEAT" && sizeOf(withGaps(gaps)) > MOST_HEARTBEAT_BYTES) {
    gaps = gaps.slice(0, -1);
  }
  const unsigned = withGaps(gaps);
  const digest = digestOf(sealedText(unsigned));
  const signature = sign(signedText(digest));
  const whole = signature === null ? unsigned : { ...unsigned, signature };
  const { kind, counts } = report;
  const named = gaps.length > 0 ? { gaps } : {};
  const blocking = counts.blocking > 0;
  const mark: Numbered["mark"] = {
    type: "R",
    era,
    epoch,
    sequence,
    kind,
    job: jobKey(report),
    blocking,
    digest,
    ...named,
  };
  return { report: whole, mark, body: JSON.stringify(whole) };
}
