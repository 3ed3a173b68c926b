import { DeliveryError } from "../../src/base/errors.js";
import type { Transport } from "../../src/outbox/deliver.js";
import type { virtualTime } from "./virtual-time.js";

/** What nucleus lite 2.6.0 keeps of messages that the broker has not acknowledged; beyond it publishing fails. */
const MOST_RECORDS = 10;
const MOST_BYTES = 15_000;

/** A transport as over nucleus lite: accepts at once, and refuses offline and while its buffer is full, both with one error. */
export function liteTransport(time: ReturnType<typeof virtualTime>, roundTripMs: number) {
  let [records, bytes] = [0, 0];
  const state = {
    online: true,
    /** Refuses a message for a reason of its own, whenever it is tried. */
    refuses: (_payload: string): boolean => false,
    attempts: 0,
    arrived: [] as { readonly atMs: number; readonly payload: string }[],
  };
  const transport: Transport = {
    name: "lite",
    inFlight: 1,
    async publish(topic, payload) {
      state.attempts += 1;
      await null;
      const size = Buffer.byteLength(topic) + Buffer.byteLength(payload) + 9;
      const isFull = records + 1 > MOST_RECORDS || bytes + size > MOST_BYTES;
      if (!state.online || isFull || state.refuses(payload)) {
        throw new DeliveryError(`Cannot publish to "${topic}": ServiceError`, true);
      }
      records += 1;
      bytes += size;
      time.later(roundTripMs, () => {
        records -= 1;
        bytes -= size;
        state.arrived.push({ atMs: time.nowMs(), payload });
      });
    },
  };
  return { transport, state };
}
