/** The result of one probe. */
export type LineState =
  | "OK"
  /** Something has to be done. */
  | "PROBLEM"
  /** Worth knowing; nothing has to be done. */
  | "NOTE"
  /** It could not be tried here, or is not needed. */
  | "NOT_TRIED";

/** One line of the doctor's page. */
export interface DoctorLine {
  /** Stable: `broker.certificate`. */
  readonly id: string;
  readonly state: LineState;
  readonly tried: string;
  readonly found: string;
  /** Exactly what to do; null where nothing has to be done. */
  readonly fix: string | null;
}

/** The doctor's page: schema `packdrift.doctor/1`. */
export interface DoctorPage {
  readonly schema: "packdrift.doctor/1";
  /** Null where this device's thing name is not known. */
  readonly thing: string | null;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly version: string;
  /** Whether the component itself made the page, or a command line on its device. */
  readonly askedAt: "COMPONENT" | "COMMAND_LINE";
  /** Whether nothing has to be done. */
  readonly well: boolean;
  readonly lines: readonly DoctorLine[];
}

type Answer = (found: string, fix?: string | null) => DoctorLine;

/** The possible lines of one probe. */
export interface LinesOf {
  readonly ok: (found: string) => DoctorLine;
  readonly problem: (found: string, fix: string) => DoctorLine;
  readonly note: Answer;
  readonly notTried: Answer;
}

export function linesOf(id: string, tried: string): LinesOf {
  const line =
    (state: LineState) =>
    (found: string, fix: string | null = null) => ({ id, state, tried, found, fix });
  return { ok: line("OK"), problem: line("PROBLEM"), note: line("NOTE"), notTried: line("NOT_TRIED") };
}
