import type { Summary } from "../../fleet/state/views.js";
import type { FleetPage, ReportKey } from "./fleet-page.js";

const STORED_LIMIT_MS = 10_000;
const LOOK_AGAIN_MS = 50;

/** The fleet's state in a sentence, once these reports are stored or a time limit is over. `now`: the page's clock. */
export async function sentenceWith(
  page: Pick<FleetPage, "holds" | "summary">,
  reports: readonly ReportKey[],
  now: () => number,
): Promise<string> {
  const untilMs = performance.now() + STORED_LIMIT_MS;
  const isEarly = () => performance.now() < untilMs;
  for (const report of reports) while (isEarly() && !(await page.holds(report))) await aMoment();
  // The page answers with an earlier summary for a second.
  const storedAt = new Date(now()).toISOString();
  let summary = await page.summary();
  while (isEarly() && summary.at < storedAt) {
    await aMoment();
    summary = await page.summary();
  }
  return sentenceOf(summary);
}

function aMoment(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
}

function sentenceOf({ things, wontRun, states }: Summary): string {
  const absent = (["late", "silent", "never"] as const)
    .filter((state) => states[state] > 0)
    .map((state) => `${states[state]} ${state === "never" ? "never heard" : state}`);
  const causes = wontRun.causes === 1 ? "one cause" : `${wontRun.causes} causes`;
  const stopped =
    wontRun.things === 0 ? "all run" : `${wontRun.things} will not run, ${wontRun.covered} of them for ${causes}`;
  return [`${things} devices`, stopped, ...absent].join(", ");
}
