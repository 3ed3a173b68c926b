import { isAllowed } from "./authorisation.js";
import { directLink, spoolingLink } from "./cloud-link.js";
import type { ComponentRegistry } from "./component-registry.js";
import type { Core } from "./core.js";
import { deployments } from "./deployments.js";
import type { WritableEventLog } from "./event-log.js";
import { localTopics } from "./local-topics.js";
import type { NucleusOptions, StateChange } from "./nucleus-types.js";
import { resolvePolicyResource } from "./policies.js";
import { shadowStore } from "./shadows.js";

/** Creates the state that the operations of a nucleus work on. */
export function nucleusCore(
  options: NucleusOptions,
  thingName: string,
  registry: ComponentRegistry,
  states: WritableEventLog<StateChange>,
): Core {
  const { flavour, rootFolder, broker = null, now = Date.now, interpolateComponentConfiguration } = options;
  const local = localTopics();
  const device = { flavour, rootFolder, thingName, interpolateComponentConfiguration };
  return {
    flavour,
    thingName,
    components: registry.all,
    find: registry.find,
    cloud: flavour === "classic" ? spoolingLink(broker) : directLink(broker),
    local,
    shadows: shadowStore(now, ({ thingName: thing, shadowName }, suffix, payload) => {
      const topic = `$aws/things/${thing}/shadow${shadowName && `/name/${shadowName}`}/${suffix}`;
      const binaryMessage = Buffer.from(JSON.stringify(payload)).toString("base64");
      local.publish("aws.greengrass.ShadowManager", topic, { binaryMessage });
    }),
    deployments: deployments(),
    now,
    allows(component, permission) {
      const resolve = (resource: string) => resolvePolicyResource(device, component, resource);
      return isAllowed({ flavour, resolve }, component.configuration?.find(["accessControl"])?.value, permission);
    },
    setState(component, state) {
      if (component.state === state) return;
      component.state = state;
      states.add({ component: component.name, state });
    },
    requestRestart: ({ name }, reason) => registry.requestRestart(name, reason),
  };
}
