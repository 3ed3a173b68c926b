/** A part of a batch that was read by several threads: the `part`th of `of`, from 0. */
export interface BatchPart {
  /** Batches are numbered from 1, in the order in which they came. */
  readonly batch: number;
  readonly part: number;
  readonly of: number;
}

/** Reassembles parts that come from several threads, and gives out whole batches in order. */
export class BatchOrder<T> {
  private next = 1;
  private readonly waiting = new Map<number, (T | undefined)[]>();

  /** Takes a part; returns the batches that come next, as far as they are complete. */
  take({ batch, part, of }: BatchPart, value: T): readonly (readonly T[])[] {
    const parts = this.waiting.get(batch) ?? new Array<T | undefined>(of).fill(undefined);
    parts[part] = value;
    this.waiting.set(batch, parts);
    const whole: (readonly T[])[] = [];
    for (let first = this.waiting.get(this.next); first?.every(isThere); first = this.waiting.get(this.next)) {
      whole.push(first);
      this.waiting.delete(this.next);
      this.next += 1;
    }
    return whole;
  }
}

function isThere<T>(part: T | undefined): part is T {
  return part !== undefined;
}

/** Splits a list into this many runs of about the same length; fewer if each would be shorter than `least`. */
export function inRuns<T>(items: readonly T[], most: number, least: number): readonly (readonly T[])[] {
  const number = Math.max(1, Math.min(most, Math.floor(items.length / least)));
  const length = Math.ceil(items.length / number);
  return Array.from({ length: number }, (_, at) => items.slice(at * length, (at + 1) * length));
}
