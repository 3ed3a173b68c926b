import { isObject, type JsonObject } from "../../base/json.js";
import type { CloudMessage } from "../cloud-link.js";
import type { Call, Core, Operation } from "../core.js";
import { IpcError } from "../ipc-error.js";
import type { MqttMessage } from "../mqtt-port.js";
import { publishTopicFault, subscribeTopicFault } from "../topics.js";
import { authorise, badArguments, fromBase64, MQTT_PROXY } from "./arguments.js";

const CLASSIC_LARGEST_PAYLOAD_BYTES = 128 * 1024;

/** PublishToIoTCore: classic checks and spools, lite sends topic, payload and QoS while it is online. */
export const publishToIoTCore: Operation = {
  on: ["classic", "lite"],
  handle(call, core) {
    const message = core.flavour === "classic" ? classicMessage(call, core) : liteMessage(call, core);
    core.cloud.publish(message);
    return {};
  },
};

/** SubscribeToIoTCore: events are the messages that the broker delivers for the filter. */
export const subscribeToIoTCore: Operation = {
  on: ["classic", "lite"],
  events: "IoTCoreMessage",
  async handle(call, core) {
    const filter = call.request.topicName;
    if (core.flavour === "classic" && filter === undefined)
      throw new IpcError("InvalidArgumentsError", "Topic is required");
    if (typeof filter !== "string") throw badArguments(core, "ServiceError");
    if (core.flavour === "lite") qosOf(call, core);
    authorise(call, core, MQTT_PROXY, filter);
    const qos = qosOf(call, core);
    const fault = core.flavour === "classic" ? subscribeTopicFault(filter) : null;
    if (fault) throw new IpcError("ServiceError", `Subscribe to topic ${filter} failed with error ${fault}`);
    let closed = false;
    call.stream.onClosed(() => {
      closed = true;
    });
    const unsubscribe = await subscribed(core, filter, qos, (message) => call.stream.event(eventOf(core, message)));
    if (closed) await unsubscribe();
    else call.stream.onClosed(() => void unsubscribe());
    return {};
  },
};

async function subscribed(core: Core, filter: string, qos: 0 | 1, onMessage: (message: MqttMessage) => void) {
  try {
    return await core.cloud.subscribe(filter, qos, onMessage);
  } catch (cause) {
    if (cause instanceof IpcError) throw cause;
    const lite = core.flavour === "lite";
    throw new IpcError(
      "ServiceError",
      lite ? "Failed to bind the subscription." : `Subscribe to topic ${filter} failed with error ${String(cause)}`,
    );
  }
}

function classicMessage(call: Call, core: Core): CloudMessage {
  const { topicName: topic, payload, retain, responseTopic } = call.request;
  if (topic === undefined) throw new IpcError("InvalidArgumentsError", "Topic is required");
  if (typeof topic !== "string") throw badArguments(core, "ServiceError");
  authorise(call, core, MQTT_PROXY, topic);
  if (payload === undefined) throw new IpcError("InvalidArgumentsError", "Payload is required");
  const bytes = typeof payload === "string" ? fromBase64(payload) : null;
  if (!bytes) throw badArguments(core, "ServiceError");
  const qos = qosOf(call, core);
  const refuse = (why: string) => new IpcError("ServiceError", `Publish to topic ${topic} failed: ${why}`);
  if (bytes.length > CLASSIC_LARGEST_PAYLOAD_BYTES) {
    throw refuse(
      `The publishing message size ${bytes.length} bytes exceeds the configured limit of ${CLASSIC_LARGEST_PAYLOAD_BYTES} bytes`,
    );
  }
  const fault = publishTopicFault(topic);
  if (fault) throw refuse(fault);
  const { correlationData, messageExpiryIntervalSeconds: expiry, userProperties } = call.request;
  const correlation = typeof correlationData === "string" ? fromBase64(correlationData) : null;
  return {
    topic,
    payload: bytes,
    qos,
    retain: retain === true,
    isUtf8: call.request.payloadFormat === "1",
    // The nucleus does not pass on the content type (MqttProxyIPCAgent, July 2026).
    ...(typeof responseTopic === "string" ? { responseTopic } : {}),
    ...(correlation ? { correlationData: correlation } : {}),
    ...(typeof expiry === "number" ? { messageExpiryIntervalSeconds: expiry } : {}),
    ...(Array.isArray(userProperties) ? { userProperties: userProperties.filter(isObject).map(userProperty) } : {}),
  };
}

function userProperty(property: JsonObject): { key: string; value: string } {
  return { key: String(property.key ?? ""), value: String(property.value ?? "") };
}

function liteMessage(call: Call, core: Core): CloudMessage {
  const { topicName: topic, payload = "" } = call.request;
  if (typeof topic !== "string" || typeof payload !== "string") throw badArguments(core, "ServiceError");
  const qos = qosOf(call, core);
  const bytes = fromBase64(payload);
  if (!bytes) throw new IpcError("ServiceError", "'payload' is not valid base64.");
  authorise(call, core, MQTT_PROXY, topic);
  return { topic, payload: bytes, qos };
}

/** Classic demands "0" or "1"; lite takes a number too and 0 when it is missing. */
function qosOf(call: Call, core: Core): 0 | 1 {
  const { qos } = call.request;
  if (core.flavour === "classic") {
    if (qos === undefined) throw new IpcError("InvalidArgumentsError", "QoS is required");
    if (qos === "0" || qos === "1") return qos === "1" ? 1 : 0;
    throw new IpcError("InvalidArgumentsError", `Invalid QoS value: ${String(qos)}`);
  }
  if (qos === undefined || qos === null) return 0;
  if (typeof qos !== "string" && !Number.isInteger(qos)) throw new IpcError("ServiceError", "Key qos of invalid type.");
  if (!/^-?\d+$/.test(String(qos))) throw new IpcError("ServiceError", "Failed to parse 'qos' string value.");
  const value = Number(qos);
  if (value < 0 || value > 2) throw new IpcError("ServiceError", "'qos' not a valid value.");
  // IoT Core has no QoS 2: the lab sends 1.
  return value === 0 ? 0 : 1;
}

function eventOf(core: Core, message: MqttMessage): JsonObject {
  const payload = message.payload.toString("base64");
  if (core.flavour === "lite") return { message: { topicName: message.topic, payload } };
  const { topic: topicName, retain, userProperties, contentType, responseTopic } = message;
  const correlationData = message.correlationData?.toString("base64");
  const optional = { userProperties, contentType, responseTopic, correlationData };
  const present = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
  return { message: { topicName, payload, retain, payloadFormat: message.isUtf8 ? "1" : "0", ...present } };
}
