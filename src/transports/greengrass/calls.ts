import { DeliveryError } from "../../base/errors.js";
import { isObject } from "../../base/json.js";
import { payloadText } from "../payload-text.js";
import { failureOf, failureText } from "./failures.js";
import type { Calls, ComponentDetails, Within } from "./port.js";
import { readConfiguration } from "./read-configuration.js";
import type { Client, Model } from "./sdk.js";

const NOT_FOUND = "ResourceNotFoundError";

/** The calls of a connected client, each with a time limit. */
export function calls(client: Client, model: Model, within: Within): Calls {
  return {
    ...messageCalls(client, model, within),
    ...configurationCalls(client, within),
    ...shadowCalls(client, within),
    async componentDetails(component) {
      try {
        const call = client.getComponentDetails({ componentName: component });
        const { componentDetails } = await within(call, `read the details of "${component}"`);
        return foundDetails(componentDetails);
      } catch (error) {
        return detailsFailure(error);
      }
    },
    async running() {
      await within(client.updateState({ state: model.ReportedLifecycleState.RUNNING }), "report RUNNING");
    },
  };
}

function messageCalls(
  client: Client,
  model: Model,
  within: Within,
): Pick<Calls, "publish" | "mayPublish" | "publishLocal"> {
  return {
    async publish(topic, payload, qos = 1) {
      const level = qos === 1 ? model.QOS.AT_LEAST_ONCE : model.QOS.AT_MOST_ONCE;
      const request = { topicName: topic, qos: level, payload: Buffer.from(payload) };
      try {
        await within(client.publishToIoTCore(request), `publish to "${topic}"`);
      } catch (error) {
        throw notDelivered(`publish to "${topic}"`, error);
      }
    },
    async mayPublish(topic) {
      const request = { topicName: topic, qos: model.QOS.AT_MOST_ONCE };
      try {
        await within(client.publishToIoTCore(request), `ask about publishing to "${topic}"`);
        return null;
      } catch (error) {
        const { message } = failureOf(error);
        return /InvalidArgumentsError|Payload is required/.test(message) ? null : message;
      }
    },
    async publishLocal(topic, message) {
      const publishMessage =
        typeof message === "string"
          ? { binaryMessage: { message: Buffer.from(message) } }
          : { jsonMessage: { message } };
      try {
        await within(client.publishToTopic({ topic, publishMessage }), `publish to the local topic "${topic}"`);
      } catch (error) {
        throw notDelivered(`publish to the local topic "${topic}"`, error);
      }
    },
  };
}

function configurationCalls(
  client: Client,
  within: Within,
): Pick<Calls, "configuration" | "isConfigured" | "tokenExchangePort"> {
  return {
    configuration: (keys) => readConfiguration(client, within, keys),
    async isConfigured(component) {
      try {
        const request = { componentName: component, keyPath: [] };
        await within(client.getConfiguration(request), `read the configuration of "${component}"`);
        return true;
      } catch (error) {
        if (failureOf(error).code === NOT_FOUND) return false;
        throw error;
      }
    },
    async tokenExchangePort() {
      const request = { componentName: "aws.greengrass.TokenExchangeService", keyPath: [] };
      const { value } = await within(client.getConfiguration(request), "read the token exchange service's port");
      // Classic stores the port in use as well as the configured one, which may be 0; nucleus lite writes the one in use.
      const { actualPort, activePort, port } = isObject(value) ? value : {};
      const found = [actualPort, activePort, port].map(Number).find((one) => Number.isInteger(one) && one > 0);
      return found ?? null;
    },
  };
}

function shadowCalls(client: Client, within: Within): Pick<Calls, "shadow" | "updateShadow"> {
  return {
    async shadow(thingName, shadowName) {
      try {
        const call = client.getThingShadow({ thingName, shadowName });
        return payloadText((await within(call, `read the shadow "${shadowName}"`)).payload);
      } catch (error) {
        if (failureOf(error).code === NOT_FOUND) return null;
        throw notDelivered(`read the shadow "${shadowName}"`, error);
      }
    },
    async updateShadow(thingName, shadowName, payload) {
      try {
        const call = client.updateThingShadow({ thingName, shadowName, payload: Buffer.from(payload) });
        return payloadText((await within(call, `write the shadow "${shadowName}"`)).payload);
      } catch (error) {
        if (failureOf(error).code === "ConflictError") return "conflict";
        throw notDelivered(`write the shadow "${shadowName}"`, error);
      }
    },
  };
}

/** The answer of GetComponentDetails. */
export function foundDetails(
  details: { readonly version?: unknown; readonly state?: unknown } | undefined,
): ComponentDetails {
  if (typeof details?.version !== "string")
    return { kind: "unsupported", why: "the nucleus answered without a version" };
  return { kind: "found", version: details.version, state: String(details.state ?? "") };
}

/** The meaning of a failed GetComponentDetails. */
export function detailsFailure(error: unknown): ComponentDetails {
  const { code, message, isBare } = failureOf(error);
  if (code === NOT_FOUND) return { kind: "absent" };
  // Nucleus lite answers an operation that it lacks with an empty ServiceError.
  if (code === "ServiceError" && isBare) {
    return { kind: "unsupported", why: "this nucleus does not offer it: nucleus lite has no component details" };
  }
  return { kind: "unsupported", why: message };
}

/** Every failure may be retried: even an unauthorized call may be authorized by the next deployment. */
function notDelivered(what: string, error: unknown): DeliveryError {
  const forbidden = failureOf(error).code === "UnauthorizedError";
  return new DeliveryError(`Cannot ${what}: ${failureText(error)}`, true, { cause: error, forbidden });
}
