/**
 * A call with a time limit in ms: rejects with `late()` when it takes longer, and with what `onEnd` gives should it be over
 * before. `onEnd` hands over how to reject, and returns how to be forgotten. A late failure of the call is nobody's.
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
