import type { Exit } from "./component-process.js";
import type { LifecycleState } from "./core.js";
import type { Flavour } from "./flavour.js";
import type { Recipe } from "./recipe.js";

/** Classic: the third error with less than an hour between neighbours; lite: systemd's StartLimitBurst, the same figures. */
export const MOST_FAILURES = 3;
const FAILURES_WITHIN_MS = 3_600_000;
// Exit by one of these counts as success for systemd's Restart=on-failure.
const CLEAN_SIGNALS: readonly string[] = ["SIGHUP", "SIGINT", "SIGTERM", "SIGPIPE"];

/** Whether the runtime treats this exit of a process as a failure. */
export function isFailure(flavour: Flavour, { code, signal }: Exit): boolean {
  if (code === 0) return false;
  return flavour === "classic" || signal === null || !CLEAN_SIGNALS.includes(signal);
}

/** Whether the last of these failures (ms since 1970, oldest first) breaks the component. */
export function isBroken(failuresAt: readonly number[]): boolean {
  const last = failuresAt.slice(-MOST_FAILURES);
  return (
    last.length === MOST_FAILURES && last.every((at, i) => i === 0 || at - (last[i - 1] ?? 0) < FAILURES_WITHIN_MS)
  );
}

/** The state of a component whose process has ended; a `startup` step that ends well leaves it running. */
export function stateAfter(flavour: Flavour, recipe: Recipe, exit: Exit): LifecycleState {
  if (isFailure(flavour, exit)) return "ERRORED";
  return recipe.steps.run || !recipe.steps.startup ? "FINISHED" : "RUNNING";
}
