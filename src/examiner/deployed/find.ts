import { type Deployed, type DeployedAnswer, deployedFrom } from "../../drift/deployed.js";
import type { ComponentDetails } from "../protocol.js";

/** The queries that can give the deployed version of a component. */
export interface DeployedQueries {
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
  /** The Lookout for Vision Edge Agent's answer about a model component. */
  edgeAgent(
    component: string,
  ): Promise<
    | { readonly kind: "model"; readonly arn: string; readonly status: string; readonly message: string }
    | { readonly kind: "unknown"; readonly why: string }
  >;
}

/**
 * Asks the sources of the deployed version in the configured order: `component-details`, `edge-agent`, `artifacts`,
 * `configuration`, or `NAME=x.y.z` as declared by the operator. Never throws: a source that does not know gives the reason.
 */
export async function findDeployed(
  component: string | null,
  sources: readonly string[],
  queries: DeployedQueries,
): Promise<Deployed> {
  if (component === null) {
    return deployedFrom("", [{ from: "the job", result: { kind: "unknown", why: "it names no component" } }]);
  }
  const answers = await Promise.all(sources.map((source) => ask(source, component, queries)));
  return deployedFrom(component, answers.flat());
}

async function ask(source: string, component: string, queries: DeployedQueries): Promise<readonly DeployedAnswer[]> {
  switch (source) {
    case "component-details":
      return [await askNucleus(component, queries)];
    case "edge-agent":
      return [{ from: "Edge Agent DescribeModel", result: await queries.edgeAgent(component) }];
    case "artifacts":
      return [askFolder(component, queries)];
    case "configuration":
      // A component without a configuration looks like one that is not deployed, so only a configuration found is an answer.
      return (await queries.isConfigured(component).catch(() => false))
        ? [{ from: "GetConfiguration", result: { kind: "present" } }]
        : [];
    default:
      return declared(source, component);
  }
}

async function askNucleus(component: string, queries: DeployedQueries): Promise<DeployedAnswer> {
  const from = "GetComponentDetails";
  const details = await queries.componentDetails(component);
  if (details.kind === "found") {
    return { from, result: { kind: "version", version: details.version, state: details.state || null } };
  }
  return { from, result: details.kind === "absent" ? { kind: "absent" } : { kind: "unknown", why: details.why } };
}

function askFolder(component: string, queries: DeployedQueries): DeployedAnswer {
  const { folder, versions, problem } = queries.artifactVersions(component);
  const [only, another] = versions;
  if (only !== undefined && another === undefined) {
    return { from: folder, result: { kind: "version", version: only, state: null } };
  }
  const why =
    only === undefined ? (problem ?? "it holds no version") : `it holds several versions: ${versions.join(", ")}`;
  return { from: folder, result: { kind: "unknown", why } };
}

/** The version that the operator declared, if the statement is about this component. */
export function declared(statement: string, component: string): readonly DeployedAnswer[] {
  const [name, version] = statement.split("=");
  if (name !== component || version === undefined) return [];
  return [{ from: "the operator", result: { kind: "version", version, state: null } }];
}
