import type { ReceiverStatus } from "../alarms/fleet-metrics.js";
import type { Collector } from "./collector.js";

/** When the receiver was last connected or disconnected. */
export interface ReceiverState {
  /** `resumed`: the broker held what came since the connection was lost, so nothing was missed. */
  connected(nowMs: number, resumed: boolean): void;
  lost(nowMs: number): void;
  status(nowMs: number, messages: Pick<Collector, "waiting" | "oldestAt" | "deferred" | "isStuck">): ReceiverStatus;
}

/** The state at the start, without a connection. */
export function receiverState(nowMs: number): ReceiverState {
  let isConnected = false;
  let since = nowMs;
  /** When it was connected, before the connection was lost. */
  let before: number | null = null;
  return {
    connected(at, resumed) {
      if (isConnected) return;
      isConnected = true;
      since = resumed && before !== null ? before : at;
    },
    lost(at) {
      if (!isConnected) return;
      isConnected = false;
      before = since;
      since = at;
    },
    status: (now, { waiting, oldestAt, deferred, isStuck }) => ({
      connected: isConnected,
      since: new Date(since).toISOString(),
      queued: waiting,
      lagSeconds: oldestAt === null ? 0 : Math.max(0, (now - Date.parse(oldestAt)) / 1_000),
      deferred,
      stuck: isStuck,
    }),
  };
}
