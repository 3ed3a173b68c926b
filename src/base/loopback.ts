/** The loopback address of a host name or literal; null for anything that other machines may be able to reach. */
export function loopbackAddress(host: string): string | null {
  const bare = host.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  if (bare === "localhost") return "127.0.0.1";
  if (/^127(\.(25[0-5]|2[0-4]\d|1\d\d|\d{1,2})){3}$/.test(bare)) return bare;
  return bare === "::1" ? bare : null;
}
