import { isObject, type JsonObject } from "../base/json.js";
import { configurationTree, ValueTooLongError } from "./configuration-tree.js";
import type { Core, LabComponent } from "./core.js";
import { isWritten } from "./lite-objects.js";
import type { ComponentOptions, Deployment, DeploymentResult } from "./nucleus-types.js";

// Defaults are older than anything that was merged, and that is older than any later change.
const DEFAULTS_AT_MS = 0;
const MERGED_AT_MS = 1;

/** How long a deployment waits for answers of components. */
interface DeploymentLimits {
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
  const objection = existing && (await objectionTo(core, existing, deployment, limits));
  if (objection) return { id, status: "FAILED_NO_STATE_CHANGE", reason: objection };
  if (!local) await core.deployments.announce(id, restartsNucleus, limits.updateMs);
  put(component);
  const updates = deployment.configuration !== undefined || deployment.reset !== undefined;
  const isNewVersion = version !== undefined && version !== component.version;
  component.version = version ?? component.version;
  const failure = applyConfiguration(core, component, deployment);
  if (failure !== null) return { id, status: "FAILED", reason: failure };
  if (!existing) core.setState(component, "RUNNING");
  // Lite restarts a component whose configuration the cloud's deployment names, changed or not; else, as classic always,
  // it only sends the events.
  const restart =
    (isNewVersion && `version ${component.version} was deployed`) ||
    (updates && !local && core.flavour === "lite" && "a deployment changed its configuration");
  const isInstalled = !existing || !restart || (await core.requestRestart(component, restart));
  if (!isInstalled) return { id, status: "FAILED", reason: `${component.name}: install is broken` };
  if (!local) core.deployments.finish(id);
  return { id, status: "SUCCEEDED" };
}

/** A component as it is deployed when the nucleus starts; throws ValueTooLongError where lite could not store its configuration. */
export function deployed(core: Pick<Core, "flavour">, options: ComponentOptions): LabComponent {
  const { name, version = "1.0.0", state = "RUNNING", defaultConfiguration, accessControl } = options;
  const merged = accessControl ? { ...options.configuration, accessControl } : options.configuration;
  if (!defaultConfiguration && !merged) return { name, version, state, configuration: null };
  const configuration = configurationTree(core.flavour, defaultConfiguration ?? {}, DEFAULTS_AT_MS);
  if (merged) configuration.merge([], merged, MERGED_AT_MS);
  return { name, version, state, configuration };
}

/**
 * Reset, defaults, merge. Classic adds only the defaults that are missing; lite writes all of them over older defaults, and
 * what was merged stays. Null when done, else why lite gave up: earlier writes are kept.
 */
export function applyConfiguration(core: Core, component: LabComponent, deployment: Deployment): string | null {
  const { defaultConfiguration, configuration, reset = [] } = deployment;
  if (defaultConfiguration || configuration)
    component.configuration ??= configurationTree(core.flavour, {}, DEFAULTS_AT_MS);
  const tree = component.configuration;
  if (!tree) return null;
  for (const pointer of reset) tree.remove(pathOf(pointer));
  const isLite = core.flavour === "lite";
  const isStored = (value: JsonObject, isDefault: boolean, write: () => void): boolean => {
    if (isLite && !isWritten(value, isDefault)) return false;
    try {
      write();
      return true;
    } catch (error) {
      if (error instanceof ValueTooLongError) return false;
      throw error;
    }
  };
  const writeDefaults = (defaults: JsonObject) =>
    isLite ? tree.merge([], defaults, DEFAULTS_AT_MS) : tree.fillIn(defaults, DEFAULTS_AT_MS);
  if (defaultConfiguration && !isStored(defaultConfiguration, true, () => writeDefaults(defaultConfiguration))) {
    return "Failed to send default config to ggconfigd.";
  }
  if (configuration && !isStored(configuration, false, () => tree.merge([], configuration, core.now()))) {
    return `Failed to apply merge configuration update for ${component.name}.`;
  }
  return null;
}

/** A component's whole configuration, null when it has none. */
export function wholeOf(component: LabComponent): unknown {
  return component.configuration?.find([])?.value ?? null;
}

/** Why a component that validates configurations does not accept this one; null when it does or nothing changes. */
async function objectionTo(
  core: Core,
  component: LabComponent,
  deployment: Deployment & { readonly id: string },
  { validationMs }: DeploymentLimits,
): Promise<string | null> {
  const current = wholeOf(component);
  const configuration = isObject(current) ? configurationTree(core.flavour, current, MERGED_AT_MS) : null;
  const copy: LabComponent = { ...component, configuration };
  // Lite asks no component; a merge that it cannot store fails later.
  if (core.flavour === "lite" || applyConfiguration(core, copy, deployment) !== null) return null;
  const next = wholeOf(copy);
  if (JSON.stringify(next) === JSON.stringify(current)) return null;
  const verdict = await core.deployments.validate(component.name, deployment.id, next ?? {}, validationMs);
  if (!verdict || verdict.accepted) return null;
  return `Component ${component.name} did not accept its configuration: ${verdict.message}`;
}

function pathOf(pointer: string): string[] {
  if (pointer === "") return [];
  const keys = pointer.replace(/^\//, "").split("/");
  return keys.map((key) => key.replace(/~1/g, "/").replace(/~0/g, "~"));
}
