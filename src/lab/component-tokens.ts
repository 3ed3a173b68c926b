import { randomBytes } from "node:crypto";
import type { Flavour } from "./flavour.js";

/** The tokens (SVCUID) with which components log in. */
export interface ComponentTokens {
  /** The component's token, created on first use. */
  tokenOf(component: string): string;
  /** The owner of a token, or null. */
  ownerOf(token: string): string | null;
  /** Revokes the component's token. */
  revoke(component: string): void;
  /** Revokes all tokens. */
  revokeAll(): void;
}

/** Creates an empty set of tokens. Lite's have 16 base64 characters, classic's 16 hexadecimal digits. */
export function componentTokens(flavour: Flavour): ComponentTokens {
  const owners = new Map<string, string>();
  return {
    tokenOf(component) {
      for (const [token, owner] of owners) if (owner === component) return token;
      const bytes = randomBytes(12);
      const token = flavour === "lite" ? bytes.toString("base64") : bytes.toString("hex").slice(0, 16).toUpperCase();
      owners.set(token, component);
      return token;
    },
    ownerOf: (token) => owners.get(token) ?? null,
    revoke(component) {
      for (const [token, owner] of owners) if (owner === component) owners.delete(token);
    },
    revokeAll: () => owners.clear(),
  };
}
