import { join } from "node:path";
import { InvalidInputError } from "../base/errors.js";
import type { LabComponent } from "./core.js";
import { wholeOf } from "./deploy.js";
import type { Flavour } from "./flavour.js";
import { interpolateValue } from "./interpolate.js";

/** The device that a policy's recipe variables are about. */
interface PolicyContext {
  readonly flavour: Flavour;
  readonly rootFolder: string;
  readonly thingName: string;
  /** Classic replaces variables only with the option of this name; lite always does. */
  readonly interpolateComponentConfiguration?: boolean | undefined;
}

/** A policy's resource with its recipe variables replaced; null when lite cannot resolve one. */
export function resolvePolicyResource(
  context: PolicyContext,
  component: LabComponent,
  resource: string,
): string | null {
  const { flavour, rootFolder, thingName } = context;
  if (flavour === "classic" && !context.interpolateComponentConfiguration) return resource;
  const packages = (folder: string) => join(rootFolder, "packages", folder, component.name, component.version);
  const variables = {
    flavour,
    rootFolder,
    thingName,
    artifactsFolder: packages("artifacts"),
    unpackedFolder: packages("artifacts-unarchived"),
    workFolder: join(rootFolder, "work", component.name),
    configuration: flavour === "lite" ? wholeOf(component) : null,
  };
  try {
    // ${…} is an escape, not a variable.
    const parts = resource.split(/(\$\{[^}]*\})/);
    return parts.map((part, index) => (index % 2 === 1 ? part : interpolateValue(part, variables))).join("");
  } catch (error) {
    if (error instanceof InvalidInputError) return null;
    throw error;
  }
}
