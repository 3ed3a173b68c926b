/** The wait before the nth attempt (from 0) to connect again, in ms: 1 s, doubled up to 5 min. */
export function retryMs(attempt: number): number {
  return Math.min(300_000, 1_000 * 2 ** Math.min(attempt, 20));
}
