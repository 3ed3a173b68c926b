/** Everything of one kind that has happened so far, and a way to wait for what happens next. */
export interface EventLog<T> extends AsyncIterable<T> {
  /** All entries, oldest first. */
  readonly all: readonly T[];
  /** Resolves with the `nth` matching entry (1 = the first ever, past ones count); rejects when the log is closed first. */
  waitFor(matches: (entry: T) => boolean, nth?: number): Promise<T>;
}

/** The side of an event log that writes. */
export interface WritableEventLog<T> extends EventLog<T> {
  add(entry: T): void;
  /** Ends all iterations and rejects all waits. */
  close(): void;
}

/** An empty event log; `name` is what a rejected wait says was closed. */
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
        let looked = 0;
        let found = 0;
        const look = () => {
          for (; looked < all.length; looked++) {
            const entry = all[looked] as T;
            if (!matches(entry) || ++found < nth) continue;
            listeners.delete(look);
            return resolve(entry);
          }
          if (!closed) return;
          listeners.delete(look);
          reject(new Error(`Nothing to wait for in ${name}: it is closed, ${found} of ${nth} wanted were seen`));
        };
        listeners.add(look);
        look();
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
