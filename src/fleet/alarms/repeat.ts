import type { Later } from "../../base/clock.js";

/** Something that is done again and again. */
export interface Repeated {
  /** Resolves once it is not running any more. */
  stop(): Promise<void>;
}

/** Does something now, and again so long after each time has ended. */
export function repeat(
  everyMs: number,
  later: Later,
  onError: (error: unknown) => void,
  act: () => Promise<void>,
): Repeated {
  let isStopped = false;
  let cancel = () => {};
  let running = Promise.resolve();
  const turn = async (): Promise<void> => {
    try {
      await act();
    } catch (error) {
      if (!isStopped) onError(error);
    }
    if (!isStopped) cancel = later(everyMs, begin);
  };
  const begin = (): void => {
    running = turn();
  };
  begin();
  return {
    async stop() {
      isStopped = true;
      cancel();
      await running;
    },
  };
}
