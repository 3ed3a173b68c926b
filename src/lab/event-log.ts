/** All events of one kind so far; can be awaited. */
export interface EventLog<T> extends AsyncIterable<T> {
  /** All entries, oldest first. */
  readonly all: readonly T[];
  /** Resolves with the `nth` matching entry, counted from the first ever (1); rejects when the log is closed before. */
  waitFor(matches: (entry: T) => boolean, nth?: number): Promise<T>;
}

/** An event log for its writer. */
export interface WritableEventLog<T> extends EventLog<T> {
  add(entry: T): void;
  /** Ends all iterations and rejects all waits. */
  close(): void;
}

/** An empty event log; `name` appears in the error of a rejected wait. */
export function eventLog<T>(name: string): WritableEventLog<T> {
  const all: T[] = [];
  const listeners = new Set<() => void>();
  let closed = false;
  const wake = () => {
    for (const listener of [...listeners]) listener();
  };
  return {
    all,
    add(entry) {
      all.push(entry);
      wake();
    },
    close() {
      closed = true;
      wake();
    },
    waitFor(matches, nth = 1) {
      return new Promise((resolve, reject) => {
        let checked = 0;
        let found = 0;
        const check = () => {
          for (const entry of all.slice(checked)) {
            checked++;
            if (!matches(entry) || ++found < nth) continue;
            listeners.delete(check);
            return resolve(entry);
          }
          if (!closed) return;
          listeners.delete(check);
          reject(new Error(`Cannot wait for ${name}: the log is closed, with ${found} of ${nth} matching entries`));
        };
        listeners.add(check);
        check();
      });
    },
    async *[Symbol.asyncIterator]() {
      for (let next = 0; ; next++) {
        while (next >= all.length) {
          if (closed) return;
          await new Promise<void>((resolve) => {
            const once = () => {
              listeners.delete(once);
              resolve();
            };
            listeners.add(once);
          });
        }
        yield all[next] as T;
      }
    },
  };
}
