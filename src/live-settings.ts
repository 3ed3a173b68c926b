import { InvalidInputError } from "./errors.js";

/** Settings that follow what the nucleus says. */
export interface LiveSettings<T> {
  current(): T;
  /** What is wrong with the configuration that was refused last; null when the newest one is in force. */
  problem(): string | null;
  /** Reads the configuration anew. Resolves to the keys whose values have changed; a bad one changes nothing. */
  refresh(): Promise<readonly (keyof T)[]>;
}

/**
 * Reads and parses the configuration, and falls back on the last good one while the newest is bad.
 * Throws InvalidInputError when the very first is bad and no good one was ever kept.
 */
export async function liveSettings<T extends object>(options: {
  readonly read: () => Promise<unknown>;
  readonly parse: (raw: unknown) => T;
  /** The last good configuration as it was read, kept over restarts. */
  readonly lastGood: { load(): unknown; save(raw: unknown): void };
  readonly onRefused: (message: string) => void;
}): Promise<LiveSettings<T>> {
  const { parse, lastGood, onRefused } = options;
  let problem: string | null = null;
  let current: T = await first();

  async function first(): Promise<T> {
    const raw = await options.read();
    try {
      return accept(raw);
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      refuse(error.message);
      const kept = lastGood.load();
      if (kept === null) throw error;
      return parse(kept);
    }
  }

  function accept(raw: unknown): T {
    const parsed = parse(raw);
    problem = null;
    lastGood.save(raw);
    return parsed;
  }

  function refuse(message: string): void {
    // Said once: the same refusal again is no news.
    if (problem !== message) onRefused(message);
    problem = message;
  }

  return {
    current: () => current,
    problem: () => problem,
    async refresh() {
      const raw = await options.read();
      const before = current;
      try {
        current = accept(raw);
      } catch (error) {
        if (!(error instanceof InvalidInputError)) throw error;
        refuse(error.message);
        return [];
      }
      const keys = Object.keys(current) as (keyof T)[];
      return keys.filter((key) => JSON.stringify(current[key]) !== JSON.stringify(before[key]));
    },
  };
}
