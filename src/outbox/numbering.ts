import type { Instant } from "../base/clock.js";
import type { Ack, Gap, Report, UnnumberedReport } from "../report/report.js";
import { sealedText, signedText } from "../report/seal.js";
import { gapsForReport, MOST_GAPS, withoutReported } from "./gaps.js";
import type { Entry } from "./journal.js";
import type { Mark } from "./record.js";
import type { ChainState } from "./replay.js";

/** What seals and signs texts. */
export interface Seals {
  /** SHA-256, base64url. */
  readonly digest: (text: string) => string;
  /** Ed25519, base64url; null where there is no key. */
  readonly sign: (text: string) => string | null;
}

/** A report with its place in the sequence, its clock and its seal, and the mark under which it is kept. */
export interface Numbered extends Entry {
  readonly report: Report;
  readonly mark: Extract<Mark, { type: "R" }>;
  readonly body: string;
}

/** What a signature adds to a report. */
const SIGNATURE_BYTES = 102;
const MOST_HEARTBEAT_BYTES = 1_023;

/** The reports one behind the other, the first behind `state`. */
export function numberAll(
  reports: readonly UnnumberedReport[],
  state: ChainState,
  at: Instant,
  seals: Seals,
): readonly Numbered[] {
  let behind = state;
  return reports.map((report) => {
    const made = number(report, behind, at, seals);
    behind = afterIt(behind, made);
    return made;
  });
}

/** The state behind a report that goes on from `state`. */
export function afterIt(state: ChainState, { report, mark }: Numbered): ChainState {
  const gaps = withoutReported(state.gaps, mark.gaps ?? []);
  return { ...state, sequence: report.sequence, gaps, digest: mark.digest };
}

/** In bytes, as JSON with a signature. */
export function sizeOf(report: Report | UnnumberedReport): number {
  return Buffer.byteLength(JSON.stringify(report)) + SIGNATURE_BYTES;
}

/** Whether the cloud has ever acknowledged anything, as heartbeats tell it. */
export function ackOf(state: ChainState): Ack {
  return state.acknowledged ? "cloud" : "none";
}

/** What a report is about; a job that is found by its component has no name until it is. */
export function jobOf({ job, component }: UnnumberedReport): string {
  return `${job.project}/${job.name ?? ("name" in component ? component.name : null)}`;
}

function number(
  report: UnnumberedReport,
  behind: ChainState,
  { boot, bootMs }: Instant,
  { digest: digestOf, sign }: Seals,
): Numbered {
  const { era, epoch } = behind;
  const sequence = behind.sequence + 1;
  const telling = (gaps: readonly Gap[]) =>
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
  // What does not fit is told by the next report.
  let gaps = behind.gaps.slice(0, MOST_GAPS);
  while (gaps.length > 0 && report.kind === "HEARTBEAT" && sizeOf(telling(gaps)) > MOST_HEARTBEAT_BYTES) {
    gaps = gaps.slice(0, -1);
  }
  const unsigned = telling(gaps);
  const digest = digestOf(sealedText(unsigned));
  const signature = sign(signedText(digest));
  const whole = signature === null ? unsigned : { ...unsigned, signature };
  const { kind, counts } = report;
  const told = gaps.length > 0 ? { gaps } : {};
  const blocking = counts.blocking > 0;
  const mark: Numbered["mark"] = {
    type: "R",
    era,
    epoch,
    sequence,
    kind,
    job: jobOf(report),
    blocking,
    digest,
    ...told,
  };
  return { report: whole, mark, body: JSON.stringify(whole) };
}
