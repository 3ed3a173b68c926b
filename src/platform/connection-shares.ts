import { clientOf } from "../base/client-address.js";

/** Counts a client's connections. Returns a function that ends the connection's count, or null when the client has its share. */
export type ConnectionShares = (address: string | undefined) => (() => void) | null;

/** Admits at most `most` connections of each client at a time, so that no client can take all of a server's. */
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
