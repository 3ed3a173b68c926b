import { type Deployed, type DeployedAnswer, deployedFrom } from "../../drift/deployed.js";
import type { ComponentDetails } from "../protocol.js";

/** Where the deployed version of a component can be asked. */
export interface DeployedPlaces {
  /** GetComponentDetails of the nucleus. */
  componentDetails(component: string): Promise<ComponentDetails>;
  /** Whether the component has a configuration: proof of presence only. */
  isConfigured(component: string): Promise<boolean>;
  /** The versions in Greengrass' package store. */
  artifactVersions(component: string): {
    readonly folder: string;
    readonly versions: readonly string[];
    readonly problem: string | null;
  };
  /** The Lookout for Vision Edge Agent's word on a model component. */
  edgeAgent(
    component: string,
  ): Promise<
    | { readonly kind: "model"; readonly arn: string; readonly status: string; readonly message: string }
    | { readonly kind: "unknown"; readonly why: string }
  >;
}

/**
 * Asks the sources of the deployed version in the configured order: `component-details`, `edge-agent`, `artifacts`,
 * `configuration`, or the operator's word `NAME=x.y.z`. Never throws: a source that cannot tell says why.
 */
export async function findDeployed(
  component: string | null,
  sources: readonly string[],
  places: DeployedPlaces,
): Promise<Deployed> {
  if (component === null) {
    return deployedFrom("", [{ from: "the job", says: { kind: "unknown", why: "it names no component" } }]);
  }
  const answers = await Promise.all(sources.map((source) => ask(source, component, places)));
  return deployedFrom(component, answers.flat());
}

async function ask(source: string, component: string, places: DeployedPlaces): Promise<readonly DeployedAnswer[]> {
  switch (source) {
    case "component-details":
      return [await askNucleus(component, places)];
    case "edge-agent":
      return [{ from: "Edge Agent DescribeModel", says: await places.edgeAgent(component) }];
    case "artifacts":
      return [askFolder(component, places)];
    case "configuration":
      // A component without configuration looks like one that is not deployed, so only presence is an answer.
      return (await places.isConfigured(component).catch(() => false))
        ? [{ from: "GetConfiguration", says: { kind: "present" } }]
        : [];
    default:
      return declared(source, component);
  }
}

async function askNucleus(component: string, places: DeployedPlaces): Promise<DeployedAnswer> {
  const from = "GetComponentDetails";
  const details = await places.componentDetails(component);
  if (details.kind === "found") {
    return { from, says: { kind: "version", version: details.version, state: details.state || null } };
  }
  return { from, says: details.kind === "absent" ? { kind: "absent" } : { kind: "unknown", why: details.why } };
}

function askFolder(component: string, places: DeployedPlaces): DeployedAnswer {
  const { folder, versions, problem } = places.artifactVersions(component);
  const [only, another] = versions;
  if (only !== undefined && another === undefined) {
    return { from: folder, says: { kind: "version", version: only, state: null } };
  }
  const why =
    only === undefined
      ? (problem ?? "no version stands there")
      : `several versions stand there: ${versions.join(", ")}`;
  return { from: folder, says: { kind: "unknown", why } };
}

/** The operator's word, where it is about this component. */
export function declared(word: string, component: string): readonly DeployedAnswer[] {
  const [name, version] = word.split("=");
  if (name !== component || version === undefined) return [];
  return [{ from: "the operator", says: { kind: "version", version, state: null } }];
}
