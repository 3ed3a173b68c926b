import type { JsonObject } from "../../base/json.js";
import type { Call, Core, Operation } from "../core.js";
import { IpcError } from "../ipc-error.js";
import type { ShadowAddress } from "../shadows.js";
import { authorise, badArguments, fromBase64 } from "./arguments.js";

const SHADOW_MANAGER = "aws.greengrass.ShadowManager";
const on = ["classic"] as const;

/** GetThingShadow. */
export const getThingShadow: Operation = {
  on,
  provider: SHADOW_MANAGER,
  handle: (call, core) => encoded(core.shadows.get(addressOf(call, core))),
};

/** UpdateThingShadow: merges; a stale `version` is a ConflictError. */
export const updateThingShadow: Operation = {
  on,
  provider: SHADOW_MANAGER,
  handle(call, core) {
    const { payload } = call.request;
    if (payload !== undefined && typeof payload !== "string") throw badArguments(core, "ServiceError");
    const address = addressOf(call, core);
    const bytes = fromBase64(payload ?? "");
    if (!bytes) throw badArguments(core, "ServiceError");
    if (bytes.length === 0) throw new IpcError("InvalidArgumentsError", "Missing update payload");
    let document: unknown;
    try {
      document = JSON.parse(bytes.toString("utf8"));
    } catch {
      throw new IpcError("InvalidArgumentsError", "Invalid JSON: the payload cannot be parsed");
    }
    return encoded(core.shadows.update(address, document));
  },
};

/** DeleteThingShadow. */
export const deleteThingShadow: Operation = {
  on,
  provider: SHADOW_MANAGER,
  handle: (call, core) => encoded(core.shadows.remove(addressOf(call, core))),
};

/** ListNamedShadowsForThing, by pages of 25 or `pageSize`. */
export const listNamedShadowsForThing: Operation = {
  on,
  provider: SHADOW_MANAGER,
  handle(call, core) {
    const { thingName, nextToken, pageSize = 25 } = call.request;
    if (typeof thingName !== "string" || thingName === "") {
      throw new IpcError("InvalidArgumentsError", "ThingName is missing");
    }
    authorise(call, core, SHADOW_MANAGER, thingName);
    if (typeof pageSize !== "number" || pageSize < 1 || pageSize > 100) {
      throw new IpcError("InvalidArgumentsError", "pageSize argument must be between 1 and 100");
    }
    const offset = nextToken === undefined ? 0 : Number(Buffer.from(String(nextToken), "base64").toString());
    if (!Number.isInteger(offset) || offset < 0) throw new IpcError("InvalidArgumentsError", "Invalid nextToken");
    const results = core.shadows.names(thingName).slice(offset, offset + pageSize);
    const answer = { results, timestamp: core.now() / 1000 };
    if (results.length < pageSize) return answer;
    return { ...answer, nextToken: Buffer.from(String(offset + pageSize)).toString("base64") };
  },
};

function addressOf(call: Call, core: Core): ShadowAddress {
  const { thingName, shadowName = "" } = call.request;
  if (typeof thingName !== "string" || typeof shadowName !== "string") throw badArguments(core, "ServiceError");
  const address = { thingName, shadowName };
  core.shadows.check(address);
  const suffix = shadowName === "" ? "" : `/name/${shadowName}`;
  authorise(call, core, SHADOW_MANAGER, `$aws/things/${thingName}/shadow${suffix}`);
  return address;
}

function encoded(document: JsonObject): JsonObject {
  return { payload: Buffer.from(JSON.stringify(document)).toString("base64") };
}
