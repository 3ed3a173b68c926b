import type { Call, Core } from "../core.js";
import { IpcError } from "../ipc-error.js";

/** An argument of the wrong type: classic fails to read the request at all, lite answers with the given error. */
export function badArguments(
  core: Core,
  liteShape: "ServiceError" | "InvalidArgumentsError",
  text = "Received invalid parameters.",
): Error {
  return core.flavour === "lite" ? new IpcError(liteShape, text) : new TypeError("The request does not fit the model");
}

/** Throws UnauthorizedError unless the calling component's policy grants the operation on the resource. */
export function authorise(call: Call, core: Core, service: string, resource: string): void {
  const { component, operation } = call;
  if (core.allows(component, { service, operation, resource })) return;
  if (core.flavour === "lite") throw new IpcError("UnauthorizedError", "IPC Operation not authorized.");
  const text = `Principal ${component.name} is not authorized to perform ${service}:${operation} on resource ${resource}`;
  throw new IpcError("UnauthorizedError", service === MQTT_PROXY ? "Not Authorized" : text);
}

/** The IPC service of PublishToIoTCore and SubscribeToIoTCore. */
export const MQTT_PROXY = "aws.greengrass.ipc.mqttproxy";

/** The bytes of a base64 string, or null when it is not base64. */
export function fromBase64(text: string): Buffer | null {
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)
    ? Buffer.from(text, "base64")
    : null;
}
