import { isObject } from "../../base/json.js";
import { type ConfigurationTree, configurationTree, ValueTooLongError } from "../configuration-tree.js";
import type { Call, Core, LabComponent, Operation } from "../core.js";
import { FLAVOURS } from "../flavour.js";
import { IpcError } from "../ipc-error.js";
import { isStringList, topLevelNumber } from "../json-objects.js";
import { badArguments } from "./arguments.js";

/** GetConfiguration: of any component, without a policy; a leaf comes as `{leaf: value}`, a map bare. */
export const getConfiguration: Operation = {
  on: ["classic", "lite"],
  handle(call, core) {
    const { name, path } = target(call, core, "Received invalid parameters.");
    const node = configurationOf(core, name)?.find(path);
    if (!node) throw keyNotFound(core, "Key not found.");
    return { componentName: name, value: node.leaf ? { [node.name]: node.value } : node.value };
  },
};

/** UpdateConfiguration: of the caller itself, never of `accessControl`; older than what is there is refused (classic) or ignored (lite). */
export const updateConfiguration: Operation = {
  on: ["classic", "lite"],
  handle(call, core) {
    const { keyPath = [], timestamp, valueToMerge } = call.request;
    const path = keyPath ?? [];
    if (!isStringList(path)) throw badArguments(core, "InvalidArgumentsError");
    if (core.flavour === "classic") updateClassic(call.component, core, path, timestamp, valueToMerge);
    else updateLite(call, path, timestamp, valueToMerge);
    return {};
  },
};

/** SubscribeToConfigurationUpdate: one event per changed leaf, with its path and without its value. */
export const subscribeToConfigurationUpdate: Operation = {
  on: ["classic", "lite"],
  events: "ConfigurationUpdateEvents",
  handle(call, core) {
    const { name: componentName, path } = target(call, core, "Failed to validate the map.");
    const configuration = configurationOf(core, componentName);
    if (!configuration?.find(path)) throw keyNotFound(core, "Key not found");
    const stop = configuration.watch(path, (keyPath) =>
      call.stream.event({ configurationUpdateEvent: { componentName, keyPath: [...keyPath] } }),
    );
    call.stream.onClosed(stop);
    return {};
  },
};

function target(call: Call, core: Core, liteText: string): { name: string; path: string[] } {
  const path = call.request.keyPath ?? [];
  const name = call.request.componentName ?? call.component.name;
  if (!isStringList(path) || typeof name !== "string") throw badArguments(core, "ServiceError", liteText);
  return { name, path };
}

function configurationOf(core: Core, name: string): ConfigurationTree | null {
  const alias = core.flavour === "lite" && name === FLAVOURS.classic.nucleusComponent;
  return core.find(alias ? FLAVOURS.lite.nucleusComponent : name)?.configuration ?? null;
}

function keyNotFound(core: Core, liteText: string): IpcError {
  return new IpcError("ResourceNotFoundError", core.flavour === "lite" ? liteText : "Key not found");
}

function namesAccessControl(path: readonly string[], value: unknown): boolean {
  if (path.length > 0) return path[0] === "accessControl";
  return isObject(value) && Object.hasOwn(value, "accessControl");
}

function updateClassic(component: LabComponent, core: Core, path: string[], timestamp: unknown, value: unknown): void {
  const invalid = (text: string) => new IpcError("InvalidArgumentsError", text);
  if (timestamp === undefined || timestamp === null) throw invalid("Timestamp is required");
  if (value === undefined || value === null) throw invalid("ValueToMerge is required");
  if (typeof timestamp !== "number" || !isObject(value)) throw badArguments(core, "InvalidArgumentsError");
  if (namesAccessControl(path, value))
    throw invalid("Config update is not allowed for following fields [accessControl]");
  component.configuration ??= configurationTree("classic", {}, 0);
  const tree = component.configuration;
  // A new node gets the present time, not the request's.
  const at = tree.find(path) ? Math.floor(timestamp * 1000) : core.now();
  tree.merge(path, value, at);
  if (at < tree.modifiedAt(path)) {
    const text = "Proposed timestamp is older than the config's latest modified timestamp";
    throw new IpcError("FailedUpdateConditionCheckError", text);
  }
}

function updateLite({ component, text }: Call, path: string[], timestamp: unknown, value: unknown): void {
  const invalid = (why: string) => new IpcError("InvalidArgumentsError", why);
  // Lite distinguishes integers from floats: it refuses whole seconds written without a fraction.
  const isFloat = /[.eE]/.test(topLevelNumber(text, "timestamp") ?? "");
  if (value === undefined || typeof timestamp !== "number" || !isFloat) throw invalid("Received invalid parameters.");
  if (namesAccessControl(path, value)) {
    throw invalid("Config update is not allowed for following field [accessControl]");
  }
  component.configuration ??= configurationTree("lite", {}, 0);
  if ((path.length === 0 && !isObject(value)) || component.configuration.conflicts(path, value)) {
    throw new IpcError("ServiceError", "Failed to update the configuration.");
  }
  try {
    component.configuration.merge(path, value, Math.floor(timestamp * 1000));
  } catch (error) {
    if (!(error instanceof ValueTooLongError)) throw error;
    throw new IpcError("ServiceError", "Failed to update the configuration.");
  }
}
