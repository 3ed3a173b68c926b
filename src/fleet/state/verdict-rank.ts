import type { Drift, Outcome, Runnable, Severity } from "../../drift/finding.js";

/** From the best to the worst. */
export const RUNNABLES = ["RUNNABLE", "RUNNABLE_UNTESTED", "CANNOT_TELL", "WILL_NOT_RUN"] as const satisfies Runnable[];
export const DRIFTS = ["IN_SYNC", "NOT_CHECKED", "UNKNOWN", "DRIFTED"] as const satisfies Drift[];
const SEVERITIES = ["INFO", "WARNING", "ERROR", "BLOCKING"] as const satisfies Severity[];

/** A number that grows with how bad a verdict is: first by whether the model runs, then by whether it drifts. */
export const VERDICT_RANK = `(4 * ${ranked("runnable", RUNNABLES)} + ${ranked("drift", DRIFTS)})`;

/** The rank of a thing by the rows of its jobs: the worst of both axes, each by itself. */
export const WORST_RANK = `(4 * max(${ranked("runnable", RUNNABLES)}) + max(${ranked("drift", DRIFTS)}))`;

/** The verdict of a rank. */
export function verdictAt(rank: number): { readonly drift: Drift; readonly runnable: Runnable } {
  return { drift: DRIFTS[rank % 4] ?? "UNKNOWN", runnable: RUNNABLES[Math.floor(rank / 4)] ?? "CANNOT_TELL" };
}

export function verdictRank(runnable: Runnable, drift: Drift): number {
  return 4 * RUNNABLES.indexOf(runnable) + DRIFTS.indexOf(drift);
}

/** The same as WORST_RANK, of the ranks of a thing's jobs: one at least. */
export function worstRank(ranks: readonly number[]): number {
  return 4 * Math.max(...ranks.map((rank) => Math.floor(rank / 4))) + Math.max(...ranks.map((rank) => rank % 4));
}

/** The weight of a finding: blocking ones most, a drift before an unknown. */
export function weightOf(severity: Severity, outcome: Outcome): number {
  return 2 * SEVERITIES.indexOf(severity) + (outcome === "DRIFT" ? 1 : 0);
}

function ranked(column: string, values: readonly string[]): string {
  const cases = values.map((value, at) => `WHEN '${value}' THEN ${at}`).join(" ");
  return `CASE ${column} ${cases} ELSE 0 END`;
}

/** A stored verdict; anything else counts as unknown. */
export function runnableIn(text: string): Runnable {
  return RUNNABLES.find((one) => one === text) ?? "CANNOT_TELL";
}

export function driftIn(text: string): Drift {
  return DRIFTS.find((one) => one === text) ?? "UNKNOWN";
}

export function severityIn(text: string): Severity {
  return SEVERITIES.find((one) => one === text) ?? "INFO";
}

export function outcomeIn(text: string): Outcome {
  return text === "DRIFT" ? "DRIFT" : "UNKNOWN";
}
