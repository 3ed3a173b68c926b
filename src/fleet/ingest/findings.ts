import type { CountedFinding } from "../arrival.js";
import type { FindingRow } from "../store/rows.js";

/** The same text for the same job on the same thing. */
export function jobKey({ thing, project, job }: JobOfThing): string {
  return `${thing}\0${project}\0${job}`;
}

/** A job on a thing. */
export interface JobOfThing {
  readonly thing: string;
  readonly project: string;
  readonly job: string;
}

/**
 * The rows of findings that a complete report changes: those that it no longer has are closed, new ones are opened, and
 * the texts of the others are replaced. A finding of another severity or outcome has another cause: it is closed and
 * opened again, so that its past stays as it was.
 */
export function changedFindings(
  of: JobOfThing,
  open: readonly FindingRow[],
  reported: readonly CountedFinding[],
  since: string,
  changeId: string | null,
): readonly FindingRow[] {
  const now = new Map(reported.map((finding) => [finding.fingerprint, finding]));
  const before = new Map(open.map((row) => [row.fingerprint, row]));
  const closed = open
    .filter(({ fingerprint, cause }) => now.get(fingerprint)?.cause !== cause)
    .map((row) => closedFinding(row, since));
  const others = reported.flatMap((finding) => {
    const open = before.get(finding.fingerprint);
    const known = open?.cause === finding.cause ? open : undefined;
    const row = rowOf(of, finding, known?.since ?? since, known === undefined ? changeId : known.change_id);
    return known !== undefined && isSame(known, row) ? [] : [row];
  });
  return [...closed, ...others];
}

export function closedFinding(row: FindingRow, at: string): FindingRow {
  return { ...row, until: at < row.since ? row.since : at };
}

function rowOf(
  { thing, project, job }: JobOfThing,
  finding: CountedFinding,
  since: string,
  change_id: string | null,
): FindingRow {
  const { remedy, ...others } = finding;
  return { thing, project, job, ...others, since, until: null, remedy: JSON.stringify(remedy), change_id };
}

function isSame(one: FindingRow, other: FindingRow): boolean {
  return (Object.keys(one) as (keyof FindingRow)[]).every((key) => one[key] === other[key]);
}
