import { isIP } from "node:net";

/**
 * Whether the Host header names this server. A browser that was lured by DNS rebinding names the attacker's host; addresses cannot be
 * rebound. `names` are further names of this server; null when any name may reach it, because people log in with secrets that a
 * browser keeps for each name.
 */
export function isOurHost(host: string | undefined, names: readonly string[] | null): boolean {
  if (host === undefined || host === "" || host.length > 300) return false;
  const bare = host
    .replace(/:\d{1,5}$/, "")
    .replace(/^\[(.*)\]$/, "$1")
    .toLowerCase();
  if (isIP(bare) !== 0 || bare === "localhost") return true;
  if (!/^[a-z0-9._-]+$/.test(bare)) return false;
  return names === null || names.includes(bare);
}

/**
 * Whether a request that changes something was made by our own pages, or by no browser's page at all: programs send JSON without an
 * Origin, which no other site's form or script can.
 */
export function isSameOrigin(headers: Readonly<Record<string, string>>): boolean {
  const { origin, host } = headers;
  if (origin !== undefined) return hostIn(origin) === (host ?? "").toLowerCase();
  const site = headers["sec-fetch-site"];
  if (site !== undefined) return site === "same-origin";
  return /^application\/(json|x-ndjson)\b/i.test(headers["content-type"] ?? "");
}

function hostIn(origin: string): string | null {
  try {
    return new URL(origin).host.toLowerCase();
  } catch {
    return null;
  }
}
