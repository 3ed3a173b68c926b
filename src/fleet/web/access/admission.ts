import type { RereadFile } from "../../../platform/reread-file.js";
import { NOBODY, type People, type Person, personOfSession } from "./people.js";

/** How people are authenticated. Without tokens and without a trusted header, everyone on this machine has the role `ask`. */
export interface AdmissionRules {
  readonly tokens: RereadFile<People> | null;
  readonly trusted: {
    /** The header, in lower case, in which a proxy names the person. */
    readonly header: string;
    isFrom(address: string | undefined): boolean;
  } | null;
  now(): number;
}

interface Asking {
  readonly headers: Readonly<Record<string, string>>;
  readonly remoteAddress: string | undefined;
}

export const COOKIE = "packdrift-session";

/** Everyone who can reach a server that listens on the loopback address only. */
const LOCAL: Person = { name: "local", role: "ask" };

/** The person behind a request; null if unknown. */
export async function admit(rules: AdmissionRules, { headers, remoteAddress }: Asking): Promise<Person | null> {
  const { tokens, trusted } = rules;
  if (tokens === null && trusted === null) return LOCAL;
  const people = (await tokens?.current()) ?? NOBODY;
  const bearer = /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? "")?.[1];
  if (bearer !== undefined) return people.byToken(bearer);
  const name = trusted?.isFrom(remoteAddress) ? headers[trusted.header] : undefined;
  if (name !== undefined && name !== "" && name.length <= 128) {
    // Without a list the proxy decides who has access.
    return tokens === null ? { name, role: "ask" } : people.byName(name);
  }
  const session = cookieIn(headers.cookie);
  return session === undefined ? null : personOfSession(people, session, rules.now());
}

function cookieIn(header: string | undefined): string | undefined {
  for (const each of (header ?? "").split(";")) {
    const [name, ...value] = each.trim().split("=");
    if (name === COOKIE) return value.join("=");
  }
  return undefined;
}
