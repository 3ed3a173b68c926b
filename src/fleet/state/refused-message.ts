/** A message that was refused, one of the last for its reason. */
export interface RefusedMessage {
  readonly reason: string;
  readonly at: string;
  /** Whose topic it came on; null where that is not known. */
  readonly thing: string | null;
  readonly topic: string;
  readonly why: string;
  /** Its first kB, as in RefusedMessages. */
  readonly sample: string;
}
