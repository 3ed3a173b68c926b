/** A cache of values made from texts; beyond its limits of entries and characters it drops the oldest. */
export class KnownTexts<T> {
  private readonly values = new Map<string, T>();
  private characters = 0;

  constructor(
    private readonly mostEntries: number,
    private readonly mostCharacters: number,
  ) {}

  /**
   * The value that `make` made from this text. Without a text, or with one that is too long, `make` is called each
   * time.
   */
  get(text: string | undefined, make: () => T): T {
    if (text === undefined || text.length > this.mostCharacters) return make();
    const known = this.values.get(text);
    if (known !== undefined) return known;
    const made = make();
    this.values.set(text, made);
    this.characters += text.length;
    this.forgetOldest();
    return made;
  }

  private forgetOldest(): void {
    for (const oldest of this.values.keys()) {
      if (this.values.size <= this.mostEntries && this.characters <= this.mostCharacters) return;
      this.values.delete(oldest);
      this.characters -= oldest.length;
    }
  }
}
