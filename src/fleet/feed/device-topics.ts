import { type TopicPrefixes, topicFilters } from "../ingest/fleet-topics.js";

/** The topic filters of a fleet; with a group, the broker shares the messages among its receivers. */
export function subscriptionFilters(prefixes: TopicPrefixes, group: string | null): readonly string[] {
  const filters = topicFilters(prefixes);
  return group === null ? filters : filters.map((filter) => `$share/${group}/${filter}`);
}

/** The topic on which a thing receives a command. */
export function commandTopic({ commands }: Pick<TopicPrefixes, "commands">, thing: string, command: string): string {
  return `${commands}/${thing}/${command}/req`;
}

/** Devices treat commands to this name as broadcasts, so nothing is ever sent to a thing that claims it. */
const BROADCAST = "all";

/** Whether a command to this name reaches this thing and no other. */
export function isAddressable(thing: string): boolean {
  return thing !== BROADCAST && !/[/+#]/.test(thing);
}
