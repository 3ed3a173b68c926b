import { isObject } from "../../base/json.js";
import type { Operation } from "../core.js";
import { IpcError } from "../ipc-error.js";
import { badArguments } from "./arguments.js";

/** UpdateState: RUNNING matters from STARTING only; ERRORED restarts (classic) or does nothing (lite). */
export const updateState: Operation = {
  on: ["classic", "lite"],
  handle({ component, request }, core) {
    const { state } = request;
    if (typeof state !== "string") throw badArguments(core, "ServiceError");
    if (core.flavour === "classic" && state !== "RUNNING" && state !== "ERRORED")
      throw badArguments(core, "ServiceError");
    if (state === "RUNNING" && component.state === "STARTING") core.setState(component, "RUNNING");
    if (state === "ERRORED" && core.flavour === "classic") {
      core.setState(component, "ERRORED");
      void core.requestRestart(component, "the component reported ERRORED");
    }
    return {};
  },
};

/** SubscribeToComponentUpdates: events before and after each cloud deployment. */
export const subscribeToComponentUpdates: Operation = {
  on: ["classic"],
  events: "ComponentUpdatePolicyEvents",
  handle(call, core) {
    call.stream.onClosed(core.deployments.onUpdates(call.component.name, (event) => call.stream.event(event)));
    return {};
  },
};

/** DeferComponentUpdate: the answer to a pre-update event. */
export const deferComponentUpdate: Operation = {
  on: ["classic"],
  handle({ component, request }, core) {
    const { deploymentId, recheckAfterMs } = request;
    if (!core.deployments.hasUpdateSubscriber(component.name)) {
      throw new IpcError("InvalidArgumentsError", "Component is not subscribed to component update events");
    }
    if (deploymentId === undefined || deploymentId === null) {
      throw new IpcError("InvalidArgumentsError", "Cannot defer the update, the deployment ID provided was null");
    }
    const wait = typeof recheckAfterMs === "number" ? recheckAfterMs : null;
    if (core.deployments.answerUpdate(component.name, String(deploymentId), wait)) return {};
    throw new IpcError("ServiceError", "Time limit to respond to PreComponentUpdateEvent exceeded");
  },
};

/** SubscribeToValidateConfigurationUpdates: only the first subscriber of a component is asked. */
export const subscribeToValidateConfigurationUpdates: Operation = {
  on: ["classic"],
  events: "ValidateConfigurationUpdateEvents",
  handle(call, core) {
    call.stream.onClosed(core.deployments.onValidation(call.component.name, (event) => call.stream.event(event)));
    return {};
  },
};

/** SendConfigurationValidityReport: the answer to a validation event. */
export const sendConfigurationValidityReport: Operation = {
  on: ["classic"],
  handle({ component, request }, core) {
    const report = request.configurationValidityReport;
    if (!isObject(report)) throw badArguments(core, "ServiceError");
    const { deploymentId, status, message } = report;
    if (deploymentId === undefined || deploymentId === null) {
      const text = "Cannot accept configuration validity report, the deployment ID provided was null";
      throw new IpcError("InvalidArgumentsError", text);
    }
    const verdict = { accepted: status === "ACCEPTED", message: typeof message === "string" ? message : "" };
    if (core.deployments.answerValidation(component.name, String(deploymentId), verdict)) return {};
    throw new IpcError("InvalidArgumentsError", "Validation request either timed out or was never made");
  },
};
