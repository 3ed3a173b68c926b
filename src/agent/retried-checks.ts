import { backoffMs } from "../base/backoff.js";
import type { Later } from "../base/clock.js";
import { ExpectedError } from "../base/errors.js";
import type { Log } from "../base/log.js";
import type { Trigger } from "../report/report.js";
import { ConfigurationError } from "./newest-good.js";

interface RetryParts {
  readonly check: (trigger: Trigger) => Promise<unknown>;
  readonly log: Pick<Log, "error">;
  readonly later: Later;
  /** From 0 to less than 1. */
  readonly random: () => number;
  /** Whether a check has succeeded in this session. */
  readonly hasSettings: () => boolean;
  /** Called when the configuration is bad and there was never a good one, so retrying cannot help. */
  readonly onHopeless: () => void;
}

interface RetriedChecks {
  /** Runs a check; logs a failure and retries later. Does nothing once stopped. */
  run(trigger: Trigger): Promise<void>;
  stop(): void;
}

const BACKOFF = { firstMs: 1_000, lastMs: 300_000 };

/** Retries, with back-off, checks that fail as a whole: the examiner died, or the configuration could not be read. */
export function retriedChecks(parts: RetryParts): RetriedChecks {
  const { check, log, later, random } = parts;
  let failures = 0;
  let cancel = () => {};
  let stopped = false;

  async function run(trigger: Trigger): Promise<void> {
    if (stopped) return;
    try {
      await check(trigger);
      failures = 0;
      cancel();
    } catch (error) {
      if (!(error instanceof ExpectedError)) throw error;
      if (!stopped) failed(trigger, error);
    }
  }

  function failed(trigger: Trigger, error: ExpectedError): void {
    const { message } = error;
    if (error instanceof ConfigurationError && !parts.hasSettings()) {
      log.error("check.failed", { trigger, message, reaction: "ending with 3" });
      parts.onHopeless();
    } else {
      failures += 1;
      const retryInMs = backoffMs(failures, BACKOFF, random);
      log.error("check.failed", { trigger, message, retryInMs });
      cancel();
      cancel = later(retryInMs, () => void run(trigger));
    }
  }

  return {
    run,
    stop() {
      stopped = true;
      cancel();
    },
  };
}
