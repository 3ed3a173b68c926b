interface Due {
  readonly at: number;
  readonly action: () => void;
}

/** Actions and when they are due: the soonest first, of the same time in the order in which they were added. */
export class DueActions {
  private readonly due: Due[] = [];

  /** When the next one is due; null when there is none. */
  get nextAt(): number | null {
    return this.due[0]?.at ?? null;
  }

  /** Call the returned function to remove it. */
  add(at: number, action: () => void): () => void {
    const entry: Due = { at, action };
    this.due.splice(this.firstAfter(at), 0, entry);
    return () => {
      const index = this.due.indexOf(entry, this.firstAfter(at - 1));
      if (index >= 0) this.due.splice(index, 1);
    };
  }

  runNext(): void {
    this.due.shift()?.action();
  }

  clear(): void {
    this.due.length = 0;
  }

  /** The index of the first that is due after a time. */
  private firstAfter(at: number): number {
    let low = 0;
    let high = this.due.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.due[middle]?.at ?? 0) <= at) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
