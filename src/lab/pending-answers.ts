/** Questions that wait for an answer, each with its own id. */
export interface PendingAnswers<T> {
  /** Registers the question, then calls `send`; resolves with the answer, or undefined after `limitMs`. */
  ask(id: string, limitMs: number, send: () => void): Promise<T | undefined>;
  /** Answers a question; false if the answer is not awaited, or no longer. */
  answer(id: string, answer: T): boolean;
}

/** Starts without questions. Its timers do not keep the process alive. */
export function pendingAnswers<T>(): PendingAnswers<T> {
  const waiting = new Map<string, (answer: T) => void>();
  return {
    ask: (id, limitMs, send) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => {
          waiting.delete(id);
          resolve(undefined);
        }, limitMs).unref();
        waiting.set(id, (answer) => {
          clearTimeout(timer);
          resolve(answer);
        });
        send();
      }),
    answer(id, answer) {
      const settle = waiting.get(id);
      waiting.delete(id);
      settle?.(answer);
      return settle !== undefined;
    },
  };
}
