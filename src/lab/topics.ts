const MOST_SLASHES = 7;
const LONGEST_TOPIC = 256;

/** Why IoT Core (and so the classic nucleus) refuses to publish to this topic, or null. */
export function publishTopicFault(topic: string): string | null {
  if (topic === "") return "Topic must not be empty";
  if (/[+#]/.test(topic)) return "Publish topics must not contain wildcard characters of '#' or '+'";
  return lengthFault(topic);
}

/** Why IoT Core (and so the classic nucleus) refuses to subscribe to this topic filter, or null. */
export function subscribeTopicFault(filter: string): string | null {
  if (filter === "") return "Topic must not be empty";
  return lengthFault(filter);
}

function lengthFault(topic: string): string | null {
  // Basic Ingest: the first three levels are free.
  const counted = topic.replace(/^\$aws\/rules\/[^/]+\/(?=.)/, "");
  if (counted.split("/").length - 1 > MOST_SLASHES) {
    return `The request topic must have no more than ${MOST_SLASHES} forward slashes (/)`;
  }
  if (Buffer.byteLength(counted) > LONGEST_TOPIC) {
    return `The topic size of request must be no larger than ${LONGEST_TOPIC} bytes of UTF-8 encoded characters`;
  }
  return null;
}
