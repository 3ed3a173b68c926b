import type { Later } from "../../base/clock.js";
import type { Log } from "../../base/log.js";
import { SHADOW } from "../../base/names.js";
import type { Capabilities } from "../../report/report.js";
import type { Greengrass, Subscription } from "../../transports/greengrass/port.js";
import type { Cloud } from "../cloud.js";
import type { Desired } from "./document.js";
import { keepShadow, type Shadow } from "./keep.js";
import { topicShadow } from "./topic-shadow.js";
import type { ShadowPort } from "./versioned.js";

/** The named shadow, written and followed until closed. */
export interface OpenShadow extends Pick<Shadow, "report"> {
  /** Subscribes again, and reads what is desired. */
  resubscribe(): void;
  close(): void;
}

interface OpenShadowParts {
  readonly thing: string;
  readonly log: Log;
  readonly greengrass: Pick<Greengrass, "shadow" | "updateShadow" | "subscribeLocal">;
  readonly cloud: Cloud;
  readonly capabilities: Promise<Capabilities>;
  readonly onDesired: (desired: Desired) => void;
  readonly later: Later;
}

// Over IPC the calls return their answers. A delta does not say that a desired value was removed; accepted documents do.
const LOCAL_SUFFIXES = ["update/delta", "update/accepted"];

/** Opens the named shadow: over IPC where the nucleus keeps shadows, else over its MQTT topics. */
export async function openShadow(parts: OpenShadowParts): Promise<OpenShadow> {
  const { thing, log, greengrass, cloud, later } = parts;
  const base = `$aws/things/${thing}/shadow/name/${SHADOW}`;
  const overTopics = topicShadow({
    publish: (suffix, payload) => cloud.publish(`${base}/${suffix}`, payload),
    later,
    newToken: () => Math.random().toString(36).slice(2),
  });
  const overIpc: ShadowPort = {
    get: () => greengrass.shadow(thing, SHADOW),
    update: (document) => greengrass.updateShadow(thing, SHADOW, document),
  };
  const isLocal = (await parts.capabilities).shadow === "AVAILABLE";
  const shadow = keepShadow({
    port: isLocal ? overIpc : overTopics,
    later,
    nowMs: Date.now,
    random: Math.random,
    onDesired: parts.onDesired,
    onEvent: (event, fields) => log[event === "shadow.written" ? "info" : "warn"](event, fields),
  });
  const receive = (topic: string, payload: string) => {
    const suffix = topic.slice(base.length + 1);
    if (suffix === "update/delta") return shadow.delta(payload);
    overTopics.receive(suffix, payload);
    if (suffix === "update/accepted") shadow.accepted(payload);
  };
  let subscriptions: readonly Subscription[] = [];
  const subscribe = () => {
    for (const each of subscriptions) void each.close();
    // Read the shadow each time a subscription opens, because it does not repeat earlier desired values.
    subscriptions = isLocal
      ? LOCAL_SUFFIXES.map((suffix) => greengrass.subscribeLocal(`${base}/${suffix}`, receive, shadow.start))
      : [cloud.subscribe(`${base}/+/+`, receive, shadow.start)];
  };
  subscribe();
  return {
    report: shadow.report,
    resubscribe: subscribe,
    close() {
      shadow.stop();
      for (const each of subscriptions) void each.close();
    },
  };
}
