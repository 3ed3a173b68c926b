/** Whether a store is a PostgreSQL database; otherwise it is the path of a file. */
export function isPostgresAddress(store: string): boolean {
  return /^postgres(ql)?:\/\//.test(store);
}

/** A store's address for display, without user and password. */
export function shownStore(store: string): string {
  return isPostgresAddress(store) ? store.replace(/\?.*$/s, "").replace(/\/\/[^@/]*@/, "//") : store;
}
