import type { Greengrass } from "../transports/greengrass/port.js";

/** The part of Greengrass that a session uses, or its replacement on a device without Greengrass. */
export interface GreengrassServices
  extends Pick<
    Greengrass,
    | "onConfigurationChange"
    | "componentDetails"
    | "isConfigured"
    | "mayPublish"
    | "tokenExchangePort"
    | "onDeployment"
    | "shadow"
    | "updateShadow"
    | "publishLocal"
    | "subscribeLocal"
    | "running"
    | "close"
  > {
  configuration(keys: readonly string[]): Promise<unknown>;
}
