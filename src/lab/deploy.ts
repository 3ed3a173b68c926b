import { isObject, type JsonObject } from "../base/json.js";
import { configurationTree } from "./configuration-tree.js";
import type { Core, LabComponent } from "./core.js";
import type { Deployment, DeploymentResult } from "./nucleus-types.js";

/** When a component's first values were set (the nucleus puts a recipe's defaults at 1 ms): any later change is newer. */
export const INITIAL_AT_MS = 1;

/** How long a deployment waits for components that were asked. */
export interface DeploymentLimits {
  readonly validationMs: number;
  readonly updateMs: number;
}

/** Deploys one component: validation, deferral, configuration, restart where the runtime would, post-update events. */
export async function deploy(
  core: Core,
  put: (component: LabComponent) => void,
  name: string,
  deployment: Deployment & { readonly id: string },
  limits: DeploymentLimits,
): Promise<DeploymentResult> {
  const { id, version, local = false, restartsNucleus = false } = deployment;
  const existing = core.find(name);
  const component = existing ?? { name, version: "1.0.0", state: "NEW" as const, configuration: null };
  const next = preview(core, component, deployment);
  if (existing && next.changed) {
    const verdict = await core.deployments.validate(component.name, id, next.value, limits.validationMs);
    if (verdict && !verdict.accepted) {
      const reason = `Component ${component.name} did not accept its configuration: ${verdict.message}`;
      return { id, status: "FAILED_NO_STATE_CHANGE", reason };
    }
  }
  if (!local) await core.deployments.announce(id, restartsNucleus, limits.updateMs);
  put(component);
  const isNewVersion = version !== undefined && version !== component.version;
  component.version = version ?? component.version;
  const changed = applyConfiguration(core, component, deployment);
  if (!existing) core.setState(component, "RUNNING");
  // Lite restarts a component whose configuration a deployment changes; classic only sends the events.
  else if (isNewVersion) core.requestRestart(component, `version ${component.version} was deployed`);
  else if (changed && core.flavour === "lite") core.requestRestart(component, "a deployment changed its configuration");
  if (!local) core.deployments.finish(id);
  return { id, status: "SUCCEEDED" };
}

/** Reset, then defaults where nothing is, then merge; true when anything has changed. */
export function applyConfiguration(core: Core, component: LabComponent, deployment: Deployment): boolean {
  const { defaultConfiguration, configuration, reset = [] } = deployment;
  const before = JSON.stringify(wholeOf(component));
  if (defaultConfiguration || configuration) component.configuration ??= firstConfiguration(core, {});
  for (const pointer of reset) component.configuration?.remove(pathOf(pointer));
  if (defaultConfiguration) component.configuration?.merge([], defaultConfiguration, INITIAL_AT_MS - 1);
  if (configuration) component.configuration?.merge([], configuration, core.now());
  return JSON.stringify(wholeOf(component)) !== before;
}

/** A component's whole configuration, null when it has none. */
export function wholeOf(component: LabComponent): unknown {
  return component.configuration?.find([])?.value ?? null;
}

/** The configuration that a component starts with. */
export function firstConfiguration({ flavour }: Pick<Core, "flavour">, value: JsonObject) {
  return configurationTree(flavour, value, INITIAL_AT_MS);
}

function preview(core: Core, component: LabComponent, deployment: Deployment): { changed: boolean; value: unknown } {
  const current = wholeOf(component);
  const copy: LabComponent = {
    ...component,
    configuration: isObject(current) ? firstConfiguration(core, current) : null,
  };
  const changed = applyConfiguration(core, copy, deployment);
  return { changed, value: wholeOf(copy) ?? {} };
}

function pathOf(pointer: string): string[] {
  if (pointer === "") return [];
  const keys = pointer.replace(/^\//, "").split("/");
  return keys.map((key) => key.replace(/~1/g, "/").replace(/~0/g, "~"));
}
