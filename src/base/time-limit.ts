/**
 * A call with a time limit in ms: rejects with `late()` when it takes longer, or earlier with an error that `onEnd` passes on.
 * `onEnd` gets a function that rejects, and returns one that unsubscribes. A failure of the call after that is ignored.
 */
export async function withTimeLimit<T>(
  call: Promise<T>,
  limitMs: number,
  late: () => Error,
  onEnd: (reject: (error: Error) => void) => () => void = () => () => {},
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let forget = () => {};
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), limitMs);
    forget = onEnd(reject);
  });
  call.catch(() => undefined);
  try {
    return await Promise.race([call, over]);
  } finally {
    clearTimeout(timer);
    forget();
  }
}
