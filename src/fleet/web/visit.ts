import type { Person } from "./access/people.js";

/** Who opens which page, and when. */
export interface Visit {
  readonly person: Person;
  readonly nowMs: number;
  readonly path: string;
  readonly query: URLSearchParams;
  /** The time in the past that is shown. */
  readonly at: string | undefined;
  readonly activeAlarms: number;
  /** Up to which change the page shows the fleet, at least. */
  readonly seen: string;
  /** Whether people log in here, and so can log out. */
  readonly hasLogin: boolean;
  readonly version: string;
  /** Not logged in: the pages' names are hidden. */
  readonly isStranger: boolean;
}

/** Whether the person may change something; never on a page about the past. */
export function mayAsk({ person, at }: Visit): boolean {
  return person.role === "ask" && at === undefined;
}

/** This page's address, for forms that return to it. */
export function currentAddress({ path, query }: Visit): string {
  const text = query.toString();
  return text === "" ? path : `${path}?${text}`;
}
