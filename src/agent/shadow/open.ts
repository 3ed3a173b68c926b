import type { Later } from "../../base/clock.js";
import { SHADOW } from "../../base/names.js";
import type { Capabilities } from "../../report/report.js";
import type { Greengrass, Subscription } from "../../transports/greengrass/connection.js";
import type { Cloud } from "../cloud.js";
import type { AgentContext } from "../context.js";
import { type Desired, keepShadow, type Shadow, type ShadowPort, topicShadow } from "./keep.js";

/** The named shadow, written and heard until it is closed. */
export interface OpenShadow extends Pick<Shadow, "report"> {
  /** Subscribes anew, and reads what is desired. */
  hear(): void;
  close(): void;
}

/** Opens the named shadow: over IPC where the nucleus keeps shadows, else over its MQTT topics. */
export async function openShadow(parts: {
  readonly greengrass: Pick<Greengrass, "shadow" | "updateShadow" | "subscribeLocal">;
  readonly cloud: Cloud;
  readonly place: AgentContext;
  readonly capabilities: Promise<Capabilities>;
  readonly onDesired: (desired: Desired) => void;
  readonly later: Later;
}): Promise<OpenShadow> {
  const { greengrass, cloud, later } = parts;
  const { thing, log } = parts.place;
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
  const byIpc = (await parts.capabilities).shadow === "AVAILABLE";
  const keeper = keepShadow({
    port: byIpc ? overIpc : overTopics,
    later,
    nowMs: Date.now,
    random: Math.random,
    onDesired: parts.onDesired,
    onEvent: (event, fields) => log[event === "shadow.written" ? "info" : "warn"](event, fields),
  });
  const take = (topic: string, payload: string) => {
    const suffix = topic.slice(base.length + 1);
    if (suffix === "update/delta") return keeper.delta(payload);
    overTopics.take(suffix, payload);
    if (suffix === "update/accepted") keeper.accepted(payload);
  };
  let heard: readonly Subscription[] = [];
  const hear = () => {
    for (const each of heard) void each.close();
    // Read whenever a subscription is opened: what was desired before is not told again.
    heard = byIpc
      ? LOCAL.map((suffix) => greengrass.subscribeLocal(`${base}/${suffix}`, take, keeper.start))
      : [cloud.subscribe(`${base}/+/+`, take, keeper.start)];
  };
  hear();
  return {
    report: keeper.report,
    hear,
    close() {
      keeper.stop();
      for (const each of heard) void each.close();
    },
  };
}

// Answers come with the calls. A delta says nothing of a wish that was taken back.
const LOCAL = ["update/delta", "update/accepted"];
