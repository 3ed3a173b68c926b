// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the code's own text.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A topic that packdrift sends to, or a filter that it subscribes to. */
export interface UsedTopic {
  readonly operation: "Publish" | "Subscribe";
  readonly topic: string;
}

const COMMANDS = ["check", "facts", "flush", "doctor"];

/** What a component does over the nucleus's connection to IoT Core, with the default prefixes. */
export function iotCoreTopics(thing: string): UsedTopic[] {
  const shadow = `$aws/things/${thing}/shadow/name/packdrift`;
  return [
    ...["report", "heartbeat", "facts", "echo"].map((leaf) => sent(`dt/packdrift/v1/${thing}/${leaf}`)),
    ...COMMANDS.map((command) => sent(`cmd/packdrift/v1/${thing}/${command}/res`)),
    ...["get", "update"].map((leaf) => sent(`${shadow}/${leaf}`)),
    ...["+/req", "ack/req"].map((rest) => received(`cmd/packdrift/v1/${thing}/${rest}`)),
    received("cmd/packdrift/v1/all/+/req"),
    received(`dt/packdrift/v1/${thing}/echo`),
    received(`${shadow}/+/+`),
  ];
}

/** What a device does over its own connection (`transport: mqtt`): all that, and whether it is online. */
export function mqttTopics(thing: string): UsedTopic[] {
  return [...iotCoreTopics(thing), sent(`dt/packdrift/v1/${thing}/status`)];
}

/** Every topic that the device's code builds, as written there, with `${thing}` and the like in place of values. */
export function topicTemplates(): string[] {
  const top = join(import.meta.dirname, "../src");
  const files = readdirSync(top, { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".ts") && !/^(lab|archive|fleet|platform)\//.test(file),
  );
  const texts = files.map((file) => readFileSync(join(top, file), "utf8"));
  const found = texts.flatMap((text) => text.match(/`(\$\{[\w.?()]*[pP]refix\}\/|\$aws\/)[^`]*`/g) ?? []);
  return [...new Set(found)].sort();
}

function sent(topic: string): UsedTopic {
  return { operation: "Publish", topic };
}

function received(topic: string): UsedTopic {
  return { operation: "Subscribe", topic };
}
