import { isShortOutage } from "../../base/backoff.js";
import type { Later } from "../../base/clock.js";
import { LASTING_MS, type MqttClient } from "./client-config.js";

interface RestParts {
  readonly later: Later;
  /** Milliseconds on a monotonic clock. */
  readonly nowMs: () => number;
  /** From 0 to less than 1. */
  readonly random: () => number;
}

/** The longest rest: a fleet that is offline for hours must not overload the broker on its return, nor fill its devices' logs. */
const LONGEST_REST_MS = 120_000;

/**
 * Stops a client for up to 2 minutes after each failed attempt to connect and each connection that did not last, once it has
 * been without a lasting one for five minutes. Its own back-off, which cannot be changed, is for short outages. Returns a
 * function that ends this for good, and says whether the client was stopped for a rest.
 */
export function restInLongOutages(
  client: Pick<MqttClient, "on" | "start" | "stop">,
  { later, nowMs, random }: RestParts,
): () => boolean {
  let offlineSinceMs = nowMs();
  let cancel: (() => void) | null = null;
  let ended = false;
  let connectedAtMs = offlineSinceMs;

  function restIfLong(): void {
    // An attempt that was in progress when the client was stopped may still fail, also after the end.
    if (ended || cancel !== null || isShortOutage(nowMs() - offlineSinceMs)) return;
    client.stop();
    cancel = later(Math.round(random() * LONGEST_REST_MS), () => {
      cancel = null;
      client.start();
    });
  }

  client.on("connectionSuccess", () => {
    connectedAtMs = nowMs();
  });
  client.on("disconnection", () => {
    if (nowMs() - connectedAtMs >= LASTING_MS) offlineSinceMs = nowMs();
    restIfLong();
  });
  client.on("connectionFailure", restIfLong);
  return () => {
    ended = true;
    cancel?.();
    return cancel !== null;
  };
}
