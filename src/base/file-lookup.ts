/** The outcome of one read of one path: found, absent, or there but unreadable, and why. */
export type Lookup<T> =
  | { readonly state: "found"; readonly value: T }
  | { readonly state: "absent" }
  | { readonly state: "unreadable"; readonly why: string };
