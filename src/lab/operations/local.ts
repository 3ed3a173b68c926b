import { isObject, type JsonObject } from "../../base/json.js";
import type { Core, Operation } from "../core.js";
import { IpcError } from "../ipc-error.js";
import type { LocalMessage, ReceiveMode } from "../local-topics.js";
import { authorise, badArguments, fromBase64 } from "./arguments.js";

const PUBSUB = "aws.greengrass.ipc.pubsub";
const LITE_LONGEST_TOPIC_BYTES = 256;

/** PublishToTopic: succeeds without subscribers. */
export const publishToTopic: Operation = {
  on: ["classic", "lite"],
  handle(call, core) {
    const { topic, publishMessage } = call.request;
    if (typeof topic !== "string" || !isObject(publishMessage)) throw badArguments(core, "ServiceError");
    const message = messageOf(core, publishMessage);
    authorise(call, core, PUBSUB, topic);
    if (core.flavour === "classic" && /[+#*]/.test(topic)) {
      throw new IpcError("InvalidArgumentsError", "Publish topic must not contain a wildcard.");
    }
    if (core.flavour === "lite" && Buffer.byteLength(topic) > LITE_LONGEST_TOPIC_BYTES) {
      throw new IpcError("ServiceError", "Failed to publish the message.");
    }
    core.local.publish(call.component.name, topic, message);
    return {};
  },
};

/** SubscribeToTopic: lite has no receive mode and always sends everything. */
export const subscribeToTopic: Operation = {
  on: ["classic", "lite"],
  events: "SubscriptionResponseMessage",
  handle(call, core) {
    const { topic, receiveMode } = call.request;
    if (typeof topic !== "string") throw badArguments(core, "ServiceError");
    authorise(call, core, PUBSUB, topic);
    if (topic === "") throw refusedEmpty(core);
    if (core.flavour === "lite" && Buffer.byteLength(topic) > LITE_LONGEST_TOPIC_BYTES) {
      throw new IpcError("ServiceError", "Failed to bind subscription.");
    }
    const mode = core.flavour === "lite" ? "RECEIVE_ALL_MESSAGES" : modeOf(topic, receiveMode);
    call.stream.onClosed(core.local.subscribe(call.component.name, topic, mode, (event) => call.stream.event(event)));
    return {};
  },
};

function refusedEmpty(core: Core): IpcError {
  return core.flavour === "lite"
    ? new IpcError("ServiceError", "Failed to bind subscription.")
    : new IpcError("InvalidArgumentsError", "Subscribe topic must not be empty");
}

function modeOf(topic: string, asked: unknown): ReceiveMode {
  if (asked === "RECEIVE_ALL_MESSAGES" || asked === "RECEIVE_MESSAGES_FROM_OTHERS") return asked;
  return /[+#]/.test(topic) ? "RECEIVE_MESSAGES_FROM_OTHERS" : "RECEIVE_ALL_MESSAGES";
}

function messageOf(core: Core, publishMessage: JsonObject): LocalMessage {
  const { jsonMessage, binaryMessage } = publishMessage;
  const given = [jsonMessage, binaryMessage].filter((member) => member !== undefined && member !== null);
  if (given.length !== 1 || !isObject(given[0])) throw badArguments(core, "ServiceError");
  const { message } = given[0];
  if (isObject(jsonMessage)) {
    // The classic nucleus's model has a map here: scalars and lists cannot be read.
    if (core.flavour === "classic" ? !isObject(message) : message === undefined)
      throw badArguments(core, "ServiceError");
    return { jsonMessage: message };
  }
  if (typeof message !== "string" || !fromBase64(message)) throw badArguments(core, "ServiceError");
  return { binaryMessage: message };
}
