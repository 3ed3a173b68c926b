/** Only a guard: what is waited for comes within milliseconds, or later on a busy machine. */
const LIMIT_MS = 50_000;

/** Resolves when something has become so; looks every 5 ms. */
export async function until(isSo: () => boolean): Promise<void> {
  for (const limit = Date.now() + LIMIT_MS; !isSo(); ) {
    if (Date.now() > limit) throw new Error(`Expected within ${LIMIT_MS} ms: ${isSo}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The first result of a call that does not throw; tries it every 5 ms. */
export async function untilResolved<T>(call: () => Promise<T>): Promise<T> {
  for (const limit = Date.now() + LIMIT_MS; ; ) {
    try {
      return await call();
    } catch (error) {
      if (Date.now() > limit) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
