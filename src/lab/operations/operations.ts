import type { Operation } from "../core.js";
import { getComponentDetails, listComponents } from "./components.js";
import { getConfiguration, subscribeToConfigurationUpdate, updateConfiguration } from "./configuration.js";
import { publishToIoTCore, subscribeToIoTCore } from "./iot-core.js";
import {
  deferComponentUpdate,
  sendConfigurationValidityReport,
  subscribeToComponentUpdates,
  subscribeToValidateConfigurationUpdates,
  updateState,
} from "./lifecycle.js";
import { publishToTopic, subscribeToTopic } from "./local.js";
import { deleteThingShadow, getThingShadow, listNamedShadowsForThing, updateThingShadow } from "./thing-shadow.js";

/** Every operation that the lab has, by its short name. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  PublishToIoTCore: publishToIoTCore,
  SubscribeToIoTCore: subscribeToIoTCore,
  PublishToTopic: publishToTopic,
  SubscribeToTopic: subscribeToTopic,
  GetConfiguration: getConfiguration,
  UpdateConfiguration: updateConfiguration,
  SubscribeToConfigurationUpdate: subscribeToConfigurationUpdate,
  SubscribeToValidateConfigurationUpdates: subscribeToValidateConfigurationUpdates,
  SendConfigurationValidityReport: sendConfigurationValidityReport,
  UpdateState: updateState,
  SubscribeToComponentUpdates: subscribeToComponentUpdates,
  DeferComponentUpdate: deferComponentUpdate,
  GetComponentDetails: getComponentDetails,
  ListComponents: listComponents,
  GetThingShadow: getThingShadow,
  UpdateThingShadow: updateThingShadow,
  DeleteThingShadow: deleteThingShadow,
  ListNamedShadowsForThing: listNamedShadowsForThing,
};

/** Operations of the service's model whose components the lab does not have: classic answers "not supported". */
export const MODELLED_ONLY: ReadonlySet<string> = new Set([
  "AuthorizeClientDeviceAction",
  "CancelLocalDeployment",
  "CreateDebugPassword",
  "CreateLocalDeployment",
  "GetClientDeviceAuthToken",
  "GetLocalDeploymentStatus",
  "GetSecretValue",
  "ListLocalDeployments",
  "PauseComponent",
  "PutComponentMetric",
  "RestartComponent",
  "ResumeComponent",
  "StopComponent",
  "SubscribeToCertificateUpdates",
  "ValidateAuthorizationToken",
  "VerifyClientDeviceIdentity",
]);
