import type { Later } from "../base/clock.js";
import type { Log } from "../base/log.js";
import type { Settings } from "../config/settings.js";
import type { KeeperView } from "../examiner/protocol.js";
import type { Subscription } from "../transports/greengrass/port.js";
import type { Cloud } from "./cloud.js";
import { type Echo, echo } from "./connection/echo.js";
import type { Follower } from "./follower.js";
import type { Requests } from "./requests/answer.js";

/** The dependencies of the subscriptions. */
interface SubscriptionParts {
  readonly thing: string;
  readonly log: Log;
  readonly cloud: Cloud;
  readonly requests: Requests;
  /** Called when subscriptions no longer receive messages: those made elsewhere have to be made again too. */
  readonly onNotReceiving: () => void;
  /** Called when the subscriptions receive messages again. */
  readonly onBack: () => void;
  readonly later: Later;
}

type Topics = Pick<Settings, "commandPrefix" | "topicPrefix" | "echoSeconds">;

/** The subscriptions and their state. */
interface CloudSubscriptions extends Follower {
  view(): KeeperView["subscriptions"];
}

/** Subscribes to requests and to our own echo, on the topics of the settings in force. */
export function cloudSubscriptions(parts: SubscriptionParts): CloudSubscriptions {
  const { thing, log, cloud, requests, later } = parts;
  let open: readonly Subscription[] = [];
  let topics: Topics | null = null;
  let filters: readonly string[] = [];
  let opened = new Set<string>();
  let canary: Echo | null = null;

  function subscribe({ commandPrefix, topicPrefix, echoSeconds }: Topics): void {
    for (const subscription of open) void subscription.close();
    const request = (topic: string, payload: string) => requests.receive(topic, payload, commandPrefix);
    const echoed = (_: string, payload: string) => canary?.received(payload);
    const receivers: readonly (readonly [filter: string, receive: typeof request])[] = [
      [`${commandPrefix}/${thing}/+/req`, request],
      [`${commandPrefix}/all/+/req`, request],
      ...(echoSeconds > 0 ? [[`${topicPrefix}/${thing}/echo`, echoed] as const] : []),
    ];
    const wanted = receivers.map(([filter]) => filter);
    const granted = new Set<string>();
    filters = wanted;
    opened = granted;
    open = receivers.map(([filter, receive]) =>
      cloud.subscribe(filter, receive, () => {
        const isLast = granted.size < wanted.length && granted.add(filter).size === wanted.length;
        if (isLast) log.info("subscriptions.open", { filters: wanted });
      }),
    );
  }

  function startEcho({ topicPrefix, echoSeconds }: Topics): void {
    canary?.stop();
    canary = null;
    if (echoSeconds === 0) return;
    canary = echo({
      send: (payload) => cloud.publish(`${topicPrefix}/${thing}/echo`, payload, 0),
      later,
      intervalMs: echoSeconds * 1_000,
      onNotReceiving() {
        log.warn("subscriptions.deaf", { reaction: "subscribing again" });
        if (topics !== null) subscribe(topics);
        parts.onNotReceiving();
      },
      onBack: parts.onBack,
    });
  }

  return {
    checked({ settings }) {
      if (topics !== null && areSame(topics, settings)) return;
      topics = settings;
      subscribe(settings);
      startEcho(settings);
      requests.resume(settings.commandPrefix);
    },
    view() {
      return { filters, open: [...opened], echo: canary?.state ?? "OFF" };
    },
    stop() {
      requests.stop();
      canary?.stop();
    },
  };
}

function areSame(one: Topics, other: Topics): boolean {
  return (
    one.commandPrefix === other.commandPrefix &&
    one.topicPrefix === other.topicPrefix &&
    one.echoSeconds === other.echoSeconds
  );
}
