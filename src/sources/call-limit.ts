import { monotonicMs } from "../base/clock.js";

/** The time limit of one call, including all attempts. */
export interface CallLimit {
  /** Aborted when the limit is reached or the caller aborts. */
  readonly signal: AbortSignal;
  /** Rejects when `signal` is aborted, never resolves. */
  readonly reached: Promise<never>;
  isReached(): boolean;
  leftMs(): number;
  end(): void;
}

/** Starts a limit that also ends when the caller aborts. `end` frees its timer. */
export function callLimit(timeoutMs: number, signal: AbortSignal | undefined): CallLimit {
  const controller = new AbortController();
  const until = monotonicMs() + timeoutMs;
  const abort = () => controller.abort();
  const timer = setTimeout(abort, timeoutMs);
  signal?.addEventListener("abort", abort, { once: true });
  const reached = new Promise<never>((_, reject) => {
    controller.signal.addEventListener("abort", () => reject(new Error("limit reached")), { once: true });
  });
  return {
    signal: controller.signal,
    reached,
    isReached: () => controller.signal.aborted,
    leftMs: () => until - monotonicMs(),
    end() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    },
  };
}
