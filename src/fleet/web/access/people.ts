import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { InvalidInputError } from "../../../base/errors.js";

/** `view` may read everything; `ask` may also send requests, give up gaps, acknowledge and silence. */
export type Role = "view" | "ask";

export interface Person {
  readonly name: string;
  readonly role: Role;
}

/** Who has access: by a token, or by the name that a trusted proxy passes on. */
export interface People {
  /** Null for an unknown token. */
  byToken(token: string): Person | null;
  /** Null for a name without a role. */
  byName(name: string): Person | null;
  /** The secret behind a person's sessions: another one as soon as the token changes. Null where the person has none. */
  sessionKey(name: string): Uint8Array | null;
}

interface Entry extends Person {
  /** SHA-256; null for people who only come through the proxy. */
  readonly digest: Buffer | null;
}

const SHORTEST_TOKEN = 20;
const LINE = /^(view|ask)\s+(\S{1,128})(?:\s+(\S+))?$/;

/**
 * Reads lines of `ROLE NAME TOKEN`; without a token the line is for a name that a trusted proxy gives, `*` for every such name. Empty
 * lines and those that begin with # are skipped. Throws InvalidInputError, and never repeats a token.
 */
export function parsePeople(text: string): People {
  const entries = text.split(/\r?\n/).flatMap((line, at) => {
    const trimmed = line.trim();
    return trimmed === "" || trimmed.startsWith("#") ? [] : [parseEntry(trimmed, at + 1)];
  });
  if (entries.length === 0) throw new InvalidInputError("needs one line at least: view NAME TOKEN, or ask NAME TOKEN");
  const names = entries.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw new InvalidInputError(`names "${twice}" twice`);
  return peopleOf(entries);
}

function parseEntry(line: string, number: number): Entry {
  const [, role, name = "", token] = LINE.exec(line) ?? [];
  if (role === undefined) {
    throw new InvalidInputError(`line ${number} must be: view NAME TOKEN, or ask NAME TOKEN`);
  }
  if (token === undefined) return { role: role === "ask" ? "ask" : "view", name, digest: null };
  if (token.length < SHORTEST_TOKEN) {
    throw new InvalidInputError(`the token in line ${number} must have ${SHORTEST_TOKEN} characters or more`);
  }
  return { role: role === "ask" ? "ask" : "view", name, digest: digestOf(token) };
}

function peopleOf(entries: readonly Entry[]): People {
  const person = (entry: Entry | undefined, name = entry?.name): Person | null =>
    entry === undefined || name === undefined ? null : { name, role: entry.role };
  const named = (name: string) => entries.find((entry) => entry.name === name);
  return {
    byToken(token) {
      const digest = digestOf(token);
      // Every entry is compared, each in constant time.
      const found = entries.filter((entry) => entry.digest !== null && timingSafeEqual(entry.digest, digest));
      return person(found[0]);
    },
    byName: (name) => person(named(name) ?? named("*"), name),
    sessionKey: (name) => named(name)?.digest ?? null,
  };
}

function digestOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

/** No one gets in while the file cannot be read. */
export const NOBODY: People = { byToken: () => null, byName: () => null, sessionKey: () => null };

const SESSION_MS = 30 * 24 * 3_600_000;
const LONGEST_COOKIE = 512;

/** What the browser keeps after a login. It names the person and when it ends, sealed with the person's token: no list of sessions. */
export function sessionOf(people: People, name: string, nowMs: number): string | null {
  const key = people.sessionKey(name);
  if (key === null) return null;
  const content = `${Buffer.from(name).toString("base64url")}.${nowMs + SESSION_MS}`;
  return `${content}.${sealOf(content, key)}`;
}

/** Whose session it is; null when it has ended, was altered, or the token has changed. */
export function personOfSession(people: People, session: string, nowMs: number): Person | null {
  if (session.length > LONGEST_COOKIE) return null;
  const [encoded = "", ends = "", seal = ""] = session.split(".");
  const name = Buffer.from(encoded, "base64url").toString();
  const key = people.sessionKey(name);
  if (key === null || !/^\d{1,16}$/.test(ends) || Number(ends) <= nowMs) return null;
  const expected = Buffer.from(sealOf(`${encoded}.${ends}`, key));
  const actual = Buffer.from(seal);
  if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) return null;
  return people.byName(name);
}

function sealOf(content: string, key: Uint8Array): string {
  return createHmac("sha256", key).update(`packdrift fleet session ${content}`).digest("base64url");
}
