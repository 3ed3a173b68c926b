/** The rows that the intake reads and writes, with the names of the columns (schema.ts). */
export interface ThingRow {
  readonly thing: string;
  readonly expected: number;
  readonly first_heard: string | null;
  readonly last_heard: string | null;
  readonly online: number | null;
  readonly online_at: string | null;
  readonly has_signed: number;
  readonly chosen_born: number | null;
  readonly chosen_epoch: string | null;
  readonly chosen_sequence: number | null;
  readonly drift: string | null;
  readonly runnable: string | null;
  readonly since: string | null;
  readonly jobs: number;
  readonly device: string | null;
  readonly agent: string | null;
  readonly change_id: string | null;
  readonly change_at: string | null;
  readonly product: string | null;
  readonly jetpack: string | null;
  readonly arch: string | null;
  readonly facts_digest: string | null;
  readonly facts_at: string | null;
  readonly facts_asked_at: string | null;
}

export interface EpochRow {
  readonly thing: string;
  readonly epoch: string;
  readonly born: number;
  readonly births: string;
  readonly boot: string | null;
  readonly boot_ms: number | null;
  readonly seal: string | null;
  readonly since: string;
  readonly heard: string;
  readonly first: number;
  readonly settles_at: string | null;
  readonly contiguous: number;
  readonly acked: number;
  readonly stored: string;
  readonly missing: number;
  readonly named: string;
}

export interface PartRow {
  readonly thing: string;
  readonly epoch: string;
  readonly sequence: number;
  readonly part: number;
  readonly of_parts: number;
  readonly body: string;
  readonly received_at: string;
}

export interface ReportRow {
  readonly thing: string;
  readonly epoch: string;
  readonly sequence: number;
  readonly kind: string;
  readonly trigger_kind: string;
  readonly project: string | null;
  readonly job: string | null;
  readonly drift: string;
  readonly runnable: string;
  readonly checked_at: string;
  readonly received_at: string;
  readonly seal: string;
  readonly dictionary: number;
  readonly body: Uint8Array;
}

export interface LostRow {
  readonly thing: string;
  readonly epoch: string;
  readonly from_sequence: number;
  readonly to_sequence: number;
  readonly count: number;
  readonly at: string;
  readonly given_up_by: string | null;
}

export interface StateRow {
  readonly thing: string;
  readonly project: string;
  readonly job: string;
  readonly born: number;
  readonly epoch: string;
  readonly sequence: number;
  readonly drift: string;
  readonly runnable: string;
  readonly since: string;
  readonly checked_at: string;
  readonly received_at: string;
  readonly report_born: number;
  readonly report_epoch: string;
  readonly report_sequence: number;
  readonly report_at: string | null;
  readonly told: string;
  readonly job_digest: string | null;
  readonly deployed: string | null;
  readonly blocking: number;
  readonly findings: number;
}

export interface PastStateRow {
  readonly thing: string;
  readonly project: string;
  readonly job: string;
  readonly since: string;
  readonly until: string;
  readonly drift: string;
  readonly runnable: string;
}

export interface FindingRow {
  readonly thing: string;
  readonly project: string;
  readonly job: string;
  readonly fingerprint: string;
  readonly since: string;
  readonly until: string | null;
  readonly rule: string;
  readonly path: string;
  readonly expected: string | null;
  readonly actual: string | null;
  readonly outcome: string;
  readonly severity: string;
  readonly because: string;
  readonly remedy: string;
  readonly cause: string;
  readonly follows: string | null;
  readonly change_id: string | null;
}

interface ChangeRow {
  readonly thing: string;
  readonly at: string;
  readonly id: string;
  readonly trigger_kind: string;
  readonly epoch: string;
  readonly sequence: number;
  readonly delta: string;
}

interface FactsRow {
  readonly digest: string;
  readonly dictionary: number;
  readonly body: Uint8Array;
  readonly at: string;
}

/** The rows by table. */
export interface Rows {
  readonly thing: ThingRow;
  readonly epoch: EpochRow;
  readonly part: PartRow;
  readonly report: ReportRow;
  readonly lost: LostRow;
  readonly state: StateRow;
  readonly past_state: PastStateRow;
  readonly finding: FindingRow;
  readonly change: ChangeRow;
  readonly facts: FactsRow;
}

export type TableName = keyof Rows;
