import type { Later } from "../base/clock.js";
import type { Log } from "../base/log.js";
import type { Outbox } from "../outbox/outbox.js";

const EVERY_MS = 60_000;

/** Writes reports that the outbox holds only in memory to disk as soon as possible, even if no more reports are made. */
export function outboxRecovery(parts: {
  readonly outbox: Pick<Outbox, "storage" | "recover">;
  readonly later: Later;
  readonly log: Pick<Log, "info">;
}): { start(): void; stop(): void } {
  const { outbox, later, log } = parts;
  let cancel: (() => void) | null = null;
  let stopped = false;

  function start(): void {
    if (stopped || cancel !== null || outbox.storage.kind === "disk") return;
    cancel = later(EVERY_MS, () => {
      cancel = null;
      if (outbox.recover()) log.info("outbox.healed");
      start();
    });
  }

  return {
    start,
    stop() {
      stopped = true;
      cancel?.();
    },
  };
}
