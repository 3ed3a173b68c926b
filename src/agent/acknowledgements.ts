import type { Later } from "../base/clock.js";
import { InvalidInputError } from "../base/errors.js";
import type { Log } from "../base/log.js";
import { parseAcknowledgements } from "../outbox/acknowledgement.js";
import type { Outbox } from "../outbox/outbox.js";
import type { Greengrass, Subscription } from "../transports/greengrass/port.js";
import { minuteCounts } from "./minute-counts.js";

type Cloud = Pick<Greengrass, "subscribe">;

/** Receives acknowledgements from the cloud and removes the acknowledged reports from the outbox. */
interface Acknowledgements {
  /** Subscribes to this topic, unless already subscribed. */
  follow(cloud: Cloud, topic: string): void;
  /** Makes the subscription again. */
  resubscribe(): void;
}

/** Logs the first malformed acknowledgement of each minute and counts the others. */
export function acknowledgements(outbox: Pick<Outbox, "acknowledge">, log: Log, later: Later): Acknowledgements {
  let current: { readonly cloud: Cloud; readonly topic: string } | null = null;
  let open: Subscription | null = null;
  const malformed = minuteCounts<"malformed">(later, (counts) => {
    const dropped = (counts.get("malformed") ?? 0) - 1;
    if (dropped > 0) log.warn("acks.dropped", { malformed: dropped });
  });

  function receive(payload: string): void {
    try {
      for (const { sequence, epoch } of parseAcknowledgements(payload)) {
        const reports = outbox.acknowledge(sequence, epoch ?? undefined);
        if (reports > 0) log.info("report.acknowledged", { sequence, reports });
      }
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      if (malformed.count("malformed") === 1) log.warn("ack.refused", { message: error.message });
    }
  }

  function subscribe(): void {
    void open?.close();
    // The connection reports a refused subscription and tries again. Meanwhile each report stays stored for a day after the
    // transport accepted it, and heartbeats say so.
    open = current === null ? null : current.cloud.subscribe(current.topic, (_, payload) => receive(payload));
  }

  return {
    follow(cloud, topic) {
      if (topic === current?.topic) return;
      current = { cloud, topic };
      subscribe();
    },
    resubscribe: subscribe,
  };
}
