import { performance } from "node:perf_hooks";
import type { Terminal } from "./terminal.js";

/** Work that may take long, whose progress is shown on a terminal after a second. */
export interface Progress {
  /** Notes that one or more steps are done. Cheap enough for thousands per second. */
  step(steps?: number): void;
  end(): void;
}

const QUIET_MS = 1_000;
const REDRAW_MS = 100;
const BAR_COLUMNS = 30;

/**
 * Shows a bar and numbers if the number of steps is known: `Reading files [####......] 40/100`; otherwise how many are
 * done.
 */
export function progress(
  terminal: Pick<Terminal, "status">,
  what: string,
  total: number | null,
  now: () => number = () => performance.now(),
): Progress {
  let done = 0;
  let drawAt = now() + QUIET_MS;
  return {
    step(steps = 1) {
      done += steps;
      if (now() < drawAt) return;
      drawAt = now() + REDRAW_MS;
      terminal.status(total === null ? `${what} … ${done}` : `${what} ${bar(done, total)} ${done}/${total}`);
    },
    end: () => terminal.status(null),
  };
}

function bar(done: number, total: number): string {
  const filled = Math.floor(Math.min(1, done / Math.max(1, total)) * BAR_COLUMNS);
  return `[${"#".repeat(filled)}${".".repeat(BAR_COLUMNS - filled)}]`;
}

/** Waits for a result; a terminal shows the wait and its seconds after the first one. */
export async function waiting<T>(terminal: Pick<Terminal, "status">, what: string, work: Promise<T>): Promise<T> {
  const begunAt = performance.now();
  const timer = setInterval(
    () => terminal.status(`${what} … ${Math.round((performance.now() - begunAt) / 1_000)} s`),
    QUIET_MS,
  );
  try {
    return await work;
  } finally {
    clearInterval(timer);
    terminal.status(null);
  }
}

/** Wraps an object so that each call of a method counts as a step. */
export function withProgress<T extends object>(target: T, { step }: Pick<Progress, "step">): T {
  return new Proxy(target, {
    get(on, name) {
      const member: unknown = Reflect.get(on, name);
      if (typeof member !== "function") return member;
      return (...args: readonly unknown[]): unknown => {
        step();
        return Reflect.apply(member, on, args);
      };
    },
  });
}
