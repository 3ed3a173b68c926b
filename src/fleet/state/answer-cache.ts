interface Entry<T> {
  readonly madeAt: number;
  readonly tookMs: number;
  readonly value: T;
  readonly ages: Ages;
}

/** How long an answer is reused, and how much longer while a new one is computed. */
export interface Ages {
  readonly freshMs: number;
  readonly staleMs: number;
}

const A_SECOND: Ages = { freshMs: 1_000, staleMs: 3_000 };
/** The highest age of a reused answer, however long it took. */
const OLDEST_MS = 30_000;
const TIMES_AS_LONG = 10;

/**
 * Caches the answers to questions that read much and are asked often. A fresh answer, up to a second old, is reused; a
 * slightly older one too while a new one is computed, so that no request waits. An answer that took long twice stays
 * fresh for ten times as long as it took, so that computing it takes a tenth of a thread at most; once may have been
 * the start, or another program. Questions that are asked at the same time share an answer.
 */
export class AnswerCache<T> {
  private readonly entries = new Map<string, Entry<T>>();
  private readonly pending = new Map<string, Promise<T>>();

  constructor(
    private readonly now: () => number,
    private readonly most: number,
  ) {}

  /** `ages`: overrides the ages for this answer. */
  async get(key: string, make: () => Promise<T>, ages = A_SECOND): Promise<T> {
    const entry = this.entries.get(key);
    const age = entry === undefined ? Number.NaN : this.now() - entry.madeAt;
    if (entry !== undefined && age >= 0 && age < entry.ages.freshMs) return entry.value;
    const making = this.pending.get(key) ?? this.make(key, make, ages);
    if (entry === undefined || !(age >= 0 && age < entry.ages.staleMs)) return making;
    // The next caller gets the error.
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

/** The ages for an answer that took this long. */
function atLeast({ freshMs, staleMs }: Ages, tookMs: number): Ages {
  const longer = Math.min(OLDEST_MS / 3, TIMES_AS_LONG * tookMs);
  return { freshMs: Math.max(freshMs, longer), staleMs: Math.max(staleMs, 3 * longer) };
}
