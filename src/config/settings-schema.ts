import type { JsonObject } from "../base/json.js";
import { orMissing } from "./setting-shape.js";
import { settingsProperties } from "./table.js";

/** The JSON Schema of a configuration file, which editors complete. It is written to settings.schema.json. */
export function settingsSchema(): JsonObject {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: "https://packdrift.io/schema/settings-1.json",
    title: "packdrift's settings",
    description:
      "A configuration file of packdrift, or what a deployment merges into the configuration of io.packdrift.Monitor.",
    type: "object",
    additionalProperties: false,
    properties: {
      $schema: { type: "string", description: "The address of this schema, for editors." },
      ...settingsProperties(),
      nodePath: {
        ...orMissing({ type: "string" }),
        description:
          "Node.js for the component: a name on the service's PATH, or an absolute path. Read by the recipe.",
        default: "node",
      },
      accessControl: { type: "object", description: "Greengrass's own: what the component may do." },
    },
    anyOf: [
      { not: { required: ["transport"], properties: { transport: { const: "mqtt" } } } },
      { required: ["mqtt"], properties: { mqtt: { type: "object" } } },
    ],
  };
}
