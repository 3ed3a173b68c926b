import { type AwsClientConfig, callAws } from "./signed-call.js";

/** Publishes a message with AWS IoT Core's HTTP API, QoS 1: resolves when the broker has it. Throws AwsCallError. */
export function iotPublisher(
  endpoint: string,
  client: AwsClientConfig,
): (topic: string, payload: string) => Promise<void> {
  return async (topic, payload) => {
    const url = `${endpoint}/topics/${encodeURIComponent(topic)}?qos=1`;
    await callAws({ service: "iotdata", url, body: payload }, client);
  };
}
