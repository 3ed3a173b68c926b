import type { Greengrass } from "../transports/greengrass/port.js";

/** What a session needs of Greengrass, or of what replaces it on a device without Greengrass. */
export interface Surroundings
  extends Pick<
    Greengrass,
    | "onConfigurationChange"
    | "componentDetails"
    | "isConfigured"
    | "tokenExchangePort"
    | "onDeployment"
    | "shadow"
    | "updateShadow"
    | "publishLocal"
    | "subscribeLocal"
    | "running"
    | "close"
  > {
  configuration(): Promise<unknown>;
}
