/** One of the last messages refused for its reason. */
export interface RefusedMessage {
  readonly reason: string;
  readonly at: string;
  /** The thing whose topic it came on; null if that is not known. */
  readonly thing: string | null;
  readonly topic: string;
  readonly why: string;
  /** Its first kB, as in RefusedMessages. */
  readonly sample: string;
}
