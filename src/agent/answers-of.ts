import type { NucleusAnswers } from "../examiner/process.js";
import type { Surroundings } from "./surroundings.js";

/** What an examiner may ask of the nucleus. */
export function answersOf(greengrass: Surroundings): NucleusAnswers {
  return {
    componentDetails: (component) => greengrass.componentDetails(component),
    isConfigured: (component) => greengrass.isConfigured(component).catch(() => false),
    mayPublish: (topic) => greengrass.mayPublish(topic),
    tokenExchangePort: () => greengrass.tokenExchangePort().catch(() => null),
  };
}
