/** Does something with the rights of nobody, where this process is root's, who may read everything. */
export async function asNobody<T>(action: () => T | Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return action();
  process.seteuid?.(65_534);
  try {
    return await action();
  } finally {
    process.seteuid?.(0);
  }
}
