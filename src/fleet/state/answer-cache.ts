interface Entry<T> {
  readonly madeAt: number;
  readonly value: T;
}

const FRESH_MS = 1_000;
/** So long the former answer is given while a new one is made. */
const STALE_MS = 3_000;

/**
 * Remembers the answers of questions that read much and are asked often. For a second the same answer is given; a little longer
 * while a new one is made, so that nobody waits. Questions asked at the same time are answered together.
 */
export class AnswerCache<T> {
  private readonly entries = new Map<string, Entry<T>>();
  private readonly pending = new Map<string, Promise<T>>();

  constructor(
    private readonly now: () => number,
    private readonly most: number,
  ) {}

  async get(key: string, make: () => Promise<T>): Promise<T> {
    const entry = this.entries.get(key);
    const age = entry === undefined ? Number.NaN : this.now() - entry.madeAt;
    if (entry !== undefined && age >= 0 && age < FRESH_MS) return entry.value;
    const making = this.pending.get(key) ?? this.make(key, make);
    if (entry === undefined || !(age >= 0 && age < STALE_MS)) return making;
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
