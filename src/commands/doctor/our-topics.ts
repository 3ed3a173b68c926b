import type { Settings } from "../../config/settings.js";

type Prefixes = Pick<Settings, "topicPrefix" | "commandPrefix">;

/** The topics that packdrift publishes to, without the echo; of the answers, one as an example. */
export function topicsSent(thing: string, { topicPrefix, commandPrefix }: Prefixes): readonly string[] {
  return [
    `${topicPrefix}/${thing}/report`,
    `${topicPrefix}/${thing}/heartbeat`,
    `${topicPrefix}/${thing}/facts`,
    `${commandPrefix}/${thing}/doctor/res`,
  ];
}

/** The topic of packdrift's own messages to itself. */
export function echoTopic(thing: string, { topicPrefix }: Prefixes): string {
  return `${topicPrefix}/${thing}/echo`;
}

/** The topic filters that packdrift subscribes to, without the echo. */
export function filtersReceived(thing: string, { commandPrefix }: Prefixes): readonly string[] {
  return [`${commandPrefix}/${thing}/+/req`, `${commandPrefix}/all/+/req`, `${commandPrefix}/${thing}/ack/req`];
}
