/** A clock that jumps to the next timer once nothing else is left to do. */
export function virtualTime() {
  const timers: { readonly at: number; readonly action: () => void }[] = [];
  let nowMs = 0;
  return {
    nowMs: () => nowMs,
    later(milliseconds: number, action: () => void): () => void {
      const timer = { at: nowMs + milliseconds, action };
      timers.push(timer);
      return () => {
        if (timers.includes(timer)) timers.splice(timers.indexOf(timer), 1);
      };
    },
    /** Runs everything that is due within this many milliseconds. */
    async run(milliseconds: number): Promise<void> {
      const end = nowMs + milliseconds;
      for (;;) {
        await new Promise((resolve) => setImmediate(resolve));
        const next = timers.reduce<(typeof timers)[0] | null>(
          (first, timer) => (timer.at <= end && (first === null || timer.at < first.at) ? timer : first),
          null,
        );
        if (next === null) break;
        timers.splice(timers.indexOf(next), 1);
        nowMs = Math.max(nowMs, next.at);
        next.action();
      }
      nowMs = end;
    },
  };
}
