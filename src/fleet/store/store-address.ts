/** Whether a store is a PostgreSQL database; a path of a file otherwise. */
export function isPostgresAddress(store: string): boolean {
  return /^postgres(ql)?:\/\//.test(store);
}

/** A store as it is shown: an address without what logs in. */
export function shownStore(store: string): string {
  return isPostgresAddress(store) ? store.replace(/\?.*$/s, "").replace(/\/\/[^@/]*@/, "//") : store;
}
