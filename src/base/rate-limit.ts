/** Counts one request of a client. Returns 0 when it is allowed, else the whole seconds to wait before the next. */
export type RateLimit = (client: string) => number;

/** How many requests a client may send, and how many clients are remembered. */
interface RateRule {
  readonly perSecond: number;
  /** How many requests may come at once after a pause. */
  readonly burst: number;
  /** Beyond it the least recently seen clients are forgotten, so that strangers cannot fill the memory. */
  readonly mostClients: number;
}

/** A token bucket for each client; `now` is in milliseconds and never goes back. */
export function rateLimit({ perSecond, burst, mostClients }: RateRule, now: () => number): RateLimit {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return (client) => {
    const at = now();
    const bucket = buckets.get(client) ?? { tokens: burst, at };
    // Delete and insert again, to keep the map in the order of the last requests.
    buckets.delete(client);
    buckets.set(client, bucket);
    if (buckets.size > mostClients) buckets.delete(buckets.keys().next().value ?? "");
    bucket.tokens = Math.min(burst, bucket.tokens + ((at - bucket.at) / 1000) * perSecond);
    bucket.at = at;
    if (bucket.tokens < 1) return Math.max(1, Math.ceil((1 - bucket.tokens) / perSecond));
    bucket.tokens -= 1;
    return 0;
  };
}
