/** Allows a number of actions per second, and a tenth of that number at once. */
export interface TokenBucket {
  /** Milliseconds until the next action is allowed; 0: now. */
  waitMs(): number;
  /** Records an action. */
  spend(): void;
}

/** `perSecond` null: no limit. `nowMs` is a monotonic clock. */
export function tokenBucket(perSecond: number | null, nowMs: () => number): TokenBucket {
  if (perSecond === null) return { waitMs: () => 0, spend: () => {} };
  const most = Math.max(1, perSecond / 10);
  let tokens = most;
  let at = nowMs();
  const refill = () => {
    const now = nowMs();
    tokens = Math.min(most, tokens + ((now - at) * perSecond) / 1_000);
    at = now;
  };
  return {
    waitMs() {
      refill();
      return tokens >= 1 ? 0 : Math.ceil(((1 - tokens) * 1_000) / perSecond);
    },
    spend() {
      tokens -= 1;
    },
  };
}
