/** One of the last messages refused for its reason. */
export interface RefusedMessage {
  readonly reason: string;
  readonly at: string;
  /** The thing whose topic it came on; null if that is not known. */
  readonly thing: string | null;
  /** Whether the fleet has that thing: one of which everything was refused is no device. */
  readonly known: boolean;
  readonly topic: string;
  readonly why: string;
  /** Its first kB, as in RefusedMessages. */
  readonly sample: string;
}
