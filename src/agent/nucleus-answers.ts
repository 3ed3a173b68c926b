import type { NucleusAnswers } from "../examiner/process.js";
import type { GreengrassServices } from "./greengrass-services.js";

/** Answers the questions that an examiner may ask the nucleus, through the connection of the session. */
export function nucleusAnswers(greengrass: GreengrassServices): NucleusAnswers {
  return {
    componentDetails: (component) => greengrass.componentDetails(component),
    isConfigured: (component) => greengrass.isConfigured(component).catch(() => false),
    mayPublish: (topic) => greengrass.mayPublish(topic),
    tokenExchangePort: () => greengrass.tokenExchangePort().catch(() => null),
  };
}
