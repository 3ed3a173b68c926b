import { clientOf } from "../base/client-address.js";

/** Counts a new connection of a client. Returns a function to call when it closes, or null if the client has too many. */
type ConnectionShares = (address: string | undefined) => (() => void) | null;

/** Admits at most `most` connections per client at a time, so that no client can use up a server's. */
export function connectionShares(most: number): ConnectionShares {
  const open = new Map<string, number>();
  return (address) => {
    const client = clientOf(address);
    const count = open.get(client) ?? 0;
    if (count >= most) return null;
    open.set(client, count + 1);
    let counted = true;
    return () => {
      if (!counted) return;
      counted = false;
      const left = (open.get(client) ?? 1) - 1;
      if (left > 0) open.set(client, left);
      else open.delete(client);
    };
  };
}
