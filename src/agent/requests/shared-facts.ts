/** Reads facts once at a time: calls that come meanwhile share the result. */
export function sharedFacts(read: () => Promise<object>): () => Promise<object> {
  let running: Promise<object> | null = null;
  return () => {
    running ??= read().finally(() => {
      running = null;
    });
    return running;
  };
}
