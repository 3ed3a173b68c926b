/** The prefixes of the fleet's topics. */
export interface TopicPrefixes {
  /** What devices publish: `PREFIX/{thing}/report` … */
  readonly data: string;
  /** Requests and their answers: `PREFIX/{thing}/{command}/res`. */
  readonly commands: string;
}

export const TOPIC_PREFIXES: TopicPrefixes = { data: "dt/packdrift/v1", commands: "cmd/packdrift/v1" };

/** What a topic says about its message. */
export type TopicMeaning =
  | { readonly kind: "report" | "heartbeat" | "facts" | "status"; readonly thing: string }
  | { readonly kind: "answer"; readonly thing: string; readonly command: string };

const DATA_KINDS = ["report", "heartbeat", "facts", "status"] as const;
// Names with control characters or lone surrogates could not be stored and shown in the same way.
const UNSAFE_NAME = /[\p{Cc}\p{Cs}]/u;
const LONGEST_THING = 128;

/** Reads a topic; null if it is not one of the fleet's, or its thing has no usable name. */
export function readTopic(topic: string, prefixes: TopicPrefixes): TopicMeaning | null {
  const data = levelsBehind(topic, prefixes.data);
  if (data !== null) {
    const [thing = "", last, ...more] = data;
    const kind = DATA_KINDS.find((each) => each === last);
    return kind === undefined || more.length > 0 || !isThing(thing) ? null : { kind, thing };
  }
  const [thing = "", command = "", last, ...more] = levelsBehind(topic, prefixes.commands) ?? [];
  const isAnswer = last === "res" && more.length === 0 && isThing(thing) && /^[a-z0-9-]{1,32}$/.test(command);
  return isAnswer ? { kind: "answer", thing, command } : null;
}

/** The topic filters to subscribe to. */
export function topicFilters({ data, commands }: TopicPrefixes): readonly string[] {
  return [...DATA_KINDS.map((kind) => `${data}/+/${kind}`), `${commands}/+/+/res`];
}

/** Whether a text can be a thing's name. */
function isThing(name: string): boolean {
  return name.length > 0 && name.length <= LONGEST_THING && !UNSAFE_NAME.test(name);
}

function levelsBehind(topic: string, prefix: string): readonly string[] | null {
  return topic.startsWith(`${prefix}/`) ? topic.slice(prefix.length + 1).split("/") : null;
}
