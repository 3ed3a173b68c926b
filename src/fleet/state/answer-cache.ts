interface Entry<T> {
  readonly madeAt: number;
  readonly value: T;
}

/** How long an answer is given again, and how long while a new one is made. */
export interface Ages {
  readonly freshMs: number;
  readonly staleMs: number;
}

const A_SECOND: Ages = { freshMs: 1_000, staleMs: 3_000 };

/**
 * Remembers the answers of questions that read much and are asked often. While one is fresh, for a second, it is given again; a
 * little longer while a new one is made, so that nobody waits. Questions asked at the same time are answered together.
 */
export class AnswerCache<T> {
  private readonly entries = new Map<string, Entry<T>>();
  private readonly pending = new Map<string, Promise<T>>();

  constructor(
    private readonly now: () => number,
    private readonly most: number,
    private readonly ages: Ages = A_SECOND,
  ) {}

  async get(key: string, make: () => Promise<T>): Promise<T> {
    const entry = this.entries.get(key);
    const age = entry === undefined ? Number.NaN : this.now() - entry.madeAt;
    if (entry !== undefined && age >= 0 && age < this.ages.freshMs) return entry.value;
    const making = this.pending.get(key) ?? this.make(key, make);
    if (entry === undefined || !(age >= 0 && age < this.ages.staleMs)) return making;
    // Whoever asks next is told of the failure.
    making.catch(() => undefined);
    return entry.value;
  }

  private make(key: string, make: () => Promise<T>): Promise<T> {
    const madeAt = this.now();
    const making = make()
      .then((value) => {
        this.entries.delete(key);
        this.entries.set(key, { madeAt, value });
        const [oldest] = this.entries.keys();
        if (this.entries.size > this.most && oldest !== undefined) this.entries.delete(oldest);
        return value;
      })
      .finally(() => this.pending.delete(key));
    this.pending.set(key, making);
    return making;
  }
}
