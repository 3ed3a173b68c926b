interface Entry<T> {
  readonly madeAt: number;
  readonly tookMs: number;
  readonly value: T;
  readonly ages: Ages;
}

/** How long an answer is reused, and how long while a new one is computed. */
export interface Ages {
  readonly freshMs: number;
  readonly staleMs: number;
}

const A_SECOND: Ages = { freshMs: 1_000, staleMs: 3_000 };
/** What took long is given again until it is so old. */
const OLDEST_MS = 30_000;
const TIMES_AS_LONG = 10;

/**
 * Remembers the answers of questions that read much and are asked often. While one is fresh, for a second, it is given again; a
 * little longer while a new one is made, so that no request waits. What took long twice stays fresh for ten times as long, so that
 * making it takes a tenth of a thread at most; once may have been the start, or another program. Questions asked at the same time
 * are answered together.
 */
export class AnswerCache<T> {
  private readonly entries = new Map<string, Entry<T>>();
  private readonly pending = new Map<string, Promise<T>>();

  constructor(
    private readonly now: () => number,
    private readonly most: number,
  ) {}

  /** `ages`: those of this answer, where it has its own. */
  async get(key: string, make: () => Promise<T>, ages = A_SECOND): Promise<T> {
    const entry = this.entries.get(key);
    const age = entry === undefined ? Number.NaN : this.now() - entry.madeAt;
    if (entry !== undefined && age >= 0 && age < entry.ages.freshMs) return entry.value;
    const making = this.pending.get(key) ?? this.make(key, make, ages);
    if (entry === undefined || !(age >= 0 && age < entry.ages.staleMs)) return making;
    // The next caller gets the failure.
    making.catch(() => undefined);
    return entry.value;
  }

  private make(key: string, make: () => Promise<T>, ages: Ages): Promise<T> {
    const madeAt = this.now();
    const before = this.entries.get(key)?.tookMs ?? 0;
    const making = make()
      .then((value) => {
        this.entries.delete(key);
        const tookMs = this.now() - madeAt;
        this.entries.set(key, { madeAt, tookMs, value, ages: atLeast(ages, Math.min(tookMs, before)) });
        const [oldest] = this.entries.keys();
        if (this.entries.size > this.most && oldest !== undefined) this.entries.delete(oldest);
        return value;
      })
      .finally(() => this.pending.delete(key));
    this.pending.set(key, making);
    return making;
  }
}

/** The ages of an answer that took this long. */
function atLeast({ freshMs, staleMs }: Ages, tookMs: number): Ages {
  const longer = Math.min(OLDEST_MS / 3, TIMES_AS_LONG * tookMs);
  return { freshMs: Math.max(freshMs, longer), staleMs: Math.max(staleMs, 3 * longer) };
}
