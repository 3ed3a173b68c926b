import type { Later } from "../../base/clock.js";

/** An action that is repeated. */
interface Repeated {
  /** Resolves when it is no longer running. */
  stop(): Promise<void>;
}

/** Called once when it starts to fail, and once when it succeeds again. */
export interface Outage {
  began(error: unknown): void;
  ended(failures: number): void;
}

/** Runs an action now, and again a fixed time after each run has ended. */
export function repeat(everyMs: number, later: Later, outage: Outage, act: () => Promise<void>): Repeated {
  let isStopped = false;
  let cancel = () => {};
  let running = Promise.resolve();
  let failures = 0;
  const turn = async (): Promise<void> => {
    try {
      await act();
      if (failures > 0) outage.ended(failures);
      failures = 0;
    } catch (error) {
      if (!isStopped && failures === 0) outage.began(error);
      failures += 1;
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
