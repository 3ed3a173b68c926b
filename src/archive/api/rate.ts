/** Takes one request of a client: 0 when it may go on, else the whole seconds after which it may come again. */
export type RateLimit = (client: string) => number;

/** How often one client may ask, and how many clients are told apart. */
export interface RateRule {
  readonly perSecond: number;
  /** How many requests may come at once after a rest. */
  readonly burst: number;
  /** The least recently seen are forgotten beyond it, so that strangers cannot fill the memory. */
  readonly mostClients: number;
}

/** A token bucket for each client; `now` is in milliseconds and never goes back. */
export function rateLimit({ perSecond, burst, mostClients }: RateRule, now: () => number): RateLimit {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return (client) => {
    const at = now();
    const bucket = buckets.get(client) ?? { tokens: burst, at };
    // Taken out and put in again: the map's order is that of the last requests.
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

/** What stands for one client: an IPv4 address, or the /64 that one IPv6 client has to itself. */
export function clientOf(address: string | undefined): string {
  if (address === undefined) return "unknown";
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
  if (!plain.includes(":")) return plain;
  const [head = "", tail] = plain.split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const after = tail === "" ? 0 : tail.split(":").length;
    while (groups.length + after < 8) groups.push("0");
  }
  return `${groups.slice(0, 4).join(":")}::/64`;
}
