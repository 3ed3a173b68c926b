import type { JsonObject } from "../../base/json.js";
import type { Core, LabComponent, Operation } from "../core.js";
import { IpcError } from "../ipc-error.js";
import { authorise } from "./arguments.js";

const CLI = "aws.greengrass.Cli";

/** GetComponentDetails: served by aws.greengrass.Cli; its UnauthorizedError is not in the clients' model. */
export const getComponentDetails: Operation = {
  on: ["classic"],
  provider: CLI,
  handle(call, core) {
    const name = call.request.componentName;
    if (typeof name !== "string" || name === "") {
      throw new IpcError("InvalidArgumentsError", "Component name cannot be empty");
    }
    authorise(call, core, CLI, name);
    const component = core.find(name);
    if (!component) throw new IpcError("ResourceNotFoundError", `Component with name ${name} not found in Greengrass`);
    return { componentDetails: detailsOf(component) };
  },
};

/** ListComponents: the policy's resource must be exactly `*`. */
export const listComponents: Operation = {
  on: ["classic"],
  provider: CLI,
  handle(call, core: Core) {
    authorise(call, core, CLI, "*");
    return { components: [...core.components.values()].map(detailsOf) };
  },
};

function detailsOf({ name, version, state, configuration }: LabComponent): JsonObject {
  const details = { componentName: name, version, state };
  return configuration ? { ...details, configuration: configuration.find([])?.value } : details;
}
