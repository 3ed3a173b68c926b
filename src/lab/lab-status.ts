/** How often the lab's component checks: its schedule is every minute. */
const CHECK_EVERY_MS = 60_000;

/** When the component checks next, and how to end the lab. */
export function nextCheckNote(nowMs: number): string {
  const next = new Date((Math.floor(nowMs / CHECK_EVERY_MS) + 1) * CHECK_EVERY_MS);
  return `Checks every minute, next at ${next.toISOString().slice(11, 19)} UTC. ${HOW_TO_END}`;
}

export const HOW_TO_END = "Ctrl-C ends the lab.";

/** Shows on a terminal what the lab is doing, with its seconds, until the returned function is called. */
export function showWork(status: (line: string | null) => void, what: string): () => void {
  const begunAt = performance.now();
  const show = () => status(`${what} … ${Math.round((performance.now() - begunAt) / 1_000)} s`);
  const timer = setInterval(show, 1_000);
  return () => {
    clearInterval(timer);
    status(null);
  };
}

interface LabText {
  readonly once: boolean;
  readonly format: "text" | "json";
  readonly out: (text: string) => void;
}

/** Prints the time of the next check among the lab's text, unless the lab ends by itself. */
export function sayNextCheck({ once, format, out }: LabText): void {
  if (!once && format === "text") out(`${nextCheckNote(Date.now())}\n`);
}

const FIRST_REPORT_LIMIT_MS = 60_000;

/** Resolves when the first report is overdue. Does not keep the process alive. */
export function firstReportIsLate(): Promise<"late"> {
  return new Promise((resolve) => setTimeout(() => resolve("late"), FIRST_REPORT_LIMIT_MS).unref());
}
