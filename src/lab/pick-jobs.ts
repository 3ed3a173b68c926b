import type { DeviceFacts } from "../device/facts.js";
import { compare } from "../drift/compare.js";
import { parseJob } from "../job/parse.js";

/** Two of the answers: a job that this machine satisfies (or comes nearest to), and one that cannot run on it. */
export function pickJobs(answers: readonly unknown[], facts: DeviceFacts): readonly unknown[] {
  const now = new Date(0).toISOString();
  const judged = answers.map((answer) => {
    const verdict = compare({ job: parseJob(answer), origin: null, facts, deployed: null, now });
    const blocking = verdict.findings.filter((finding) => finding.outcome === "DRIFT").length;
    return { answer, runnable: verdict.runnable, blocking };
  });
  const [best] = [...judged].sort((a, b) => a.blocking - b.blocking);
  const worst = [...judged]
    .filter(({ runnable }) => runnable === "WILL_NOT_RUN")
    .sort((a, b) => b.blocking - a.blocking)[0];
  return [best, worst].flatMap((picked) => (picked === undefined ? [] : [picked.answer]));
}
