import { randomBytes, randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { InvalidInputError } from "../base/errors.js";
import { isAllowed } from "./authorisation.js";
import { directLink, spoolingLink } from "./cloud-link.js";
import type { Core, LabComponent } from "./core.js";
import { applyConfiguration, deploy, firstConfiguration, wholeOf } from "./deploy.js";
import { deployments } from "./deployments.js";
import { dispatcher } from "./dispatch.js";
import { eventLog } from "./event-log.js";
import { FLAVOURS } from "./flavour.js";
import { startIpcServer } from "./ipc-server.js";
import { localTopics } from "./local-topics.js";
import type { ComponentOptions, Nucleus, NucleusOptions, StateChange } from "./nucleus-types.js";
import { resolvePolicyResource } from "./policies.js";
import { type LoggedCall, script } from "./script.js";
import { shadowStore } from "./shadows.js";

export type * from "./nucleus-types.js";

/** Starts a Greengrass nucleus in this process: the real IPC wire protocol on a unix socket, components without processes. */
export async function startNucleus(options: NucleusOptions): Promise<Nucleus> {
  const { flavour, rootFolder, thingName = "lab-thing", region = "eu-west-1", broker = null, now = Date.now } = options;
  const { interpolateComponentConfiguration } = options;
  const rules = FLAVOURS[flavour];
  const socketPath = options.socketPath ?? join(rootFolder, rules.socketName);
  const limits = { validationMs: options.validationLimitMs ?? 20_000, updateMs: options.updateLimitMs ?? 60_000 };
  const calls = eventLog<LoggedCall>("calls");
  const states = eventLog<StateChange>("states");
  const running = script();
  const components = new Map<string, LabComponent>();
  const tokens = new Map<string, string>();
  const restartListeners = new Map<string, Set<(reason: string) => void>>();
  const local = localTopics();
  const cloud = flavour === "classic" ? spoolingLink(broker) : directLink(broker);
  let silencers = 0;

  const shadows = shadowStore(now, ({ thingName: thing, shadowName }, suffix, payload) => {
    const topic = `$aws/things/${thing}/shadow${shadowName && `/name/${shadowName}`}/${suffix}`;
    const binaryMessage = Buffer.from(JSON.stringify(payload)).toString("base64");
    local.publish("aws.greengrass.ShadowManager", topic, { binaryMessage });
  });
  const place = { flavour, rootFolder, thingName, interpolateComponentConfiguration };
  const core: Core = {
    flavour,
    thingName,
    components,
    cloud,
    local,
    shadows,
    deployments: deployments(),
    now,
    find(name) {
      const exact = components.get(name);
      if (exact || flavour === "lite") return exact ?? null;
      return [...components.values()].find((component) => component.name.toLowerCase() === name.toLowerCase()) ?? null;
    },
    allows(component, permission) {
      const resolve = (resource: string) => resolvePolicyResource(place, component, resource);
      return isAllowed({ flavour, resolve }, component.configuration?.find(["accessControl"])?.value, permission);
    },
    setState(component, state) {
      if (component.state === state) return;
      component.state = state;
      states.add({ component: component.name, state });
    },
    requestRestart(component, reason) {
      for (const listener of [...(restartListeners.get(component.name) ?? [])]) listener(reason);
    },
  };

  const put = (component: LabComponent) => void components.set(component.name, component);
  const install = ({ name, version = "1.0.0", state = "RUNNING", configuration, accessControl }: ComponentOptions) => {
    const whole = accessControl ? { ...configuration, accessControl } : configuration;
    put({ name, version, state, configuration: whole ? firstConfiguration(core, whole) : null });
  };
  const known = (name: string): LabComponent => {
    const component = core.find(name);
    if (!component) throw new InvalidInputError(`Component "${name}" is not deployed in the lab's nucleus`);
    return component;
  };
  const tokenOf = (name: string): string => {
    for (const [token, owner] of tokens) if (owner === name) return token;
    const bytes = randomBytes(12);
    const token = flavour === "lite" ? bytes.toString("base64") : bytes.toString("hex").slice(0, 16).toUpperCase();
    tokens.set(token, name);
    return token;
  };

  const nucleusConfiguration = { awsRegion: region, iotRoleAlias: "LabTokenExchangeRoleAlias" };
  install({ name: rules.nucleusComponent, version: rules.version, configuration: nucleusConfiguration });
  for (const component of options.components) install(component);
  await mkdir(rootFolder, { recursive: true });

  const dispatch = dispatcher(core, running, calls);
  const listen = () =>
    startIpcServer({
      flavour,
      socketPath,
      authenticate: (token) => tokens.get(token) ?? null,
      acknowledges: () => silencers === 0,
      onCall: dispatch.play,
    });
  let server = await listen();

  return {
    answerWith: running.answerWith,
    holdOperation: running.holdOperation,
    suppressEvents: running.suppressEvents,
    flavour,
    thingName,
    region,
    rootFolder,
    socketPath,
    calls,
    states,
    shadows,
    get connections() {
      return server.connections;
    },
    get subscriptions() {
      return [...dispatch.subscriptions].map(({ component, operation }) => `${component} ${operation}`);
    },
    get waiting() {
      return cloud.waiting;
    },
    environmentOf(name) {
      const token = tokenOf(known(name).name);
      return {
        AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT: socketPath,
        SVCUID: token,
        AWS_CONTAINER_AUTHORIZATION_TOKEN: token,
        AWS_IOT_THING_NAME: thingName,
        AWS_REGION: region,
        AWS_DEFAULT_REGION: region,
        GGC_VERSION: rules.version,
        GG_ROOT_CA_PATH: join(rootFolder, "rootCA.pem"),
        ...(options.credentialsUri ? { AWS_CONTAINER_CREDENTIALS_FULL_URI: options.credentialsUri } : {}),
      };
    },
    componentOfToken: (token) => tokens.get(token) ?? null,
    versionOf: (name) => known(name).version,
    stateOf: (name) => known(name).state,
    setState(name, state) {
      const component = core.find(name);
      if (component) core.setState(component, state);
    },
    configurationOf: (name) => wholeOf(known(name)),
    setConfiguration(name, configuration) {
      applyConfiguration(core, known(name), { configuration });
    },
    deploy: (name, deployment) => deploy(core, put, name, { id: randomUUID(), ...deployment }, limits),
    remove(name) {
      const component = known(name);
      components.delete(component.name);
      for (const [token, owner] of tokens) if (owner === component.name) tokens.delete(token);
      server.dropConnectionsOf(component.name);
    },
    onRestartRequest(name, listener) {
      const listeners = restartListeners.get(name) ?? new Set();
      restartListeners.set(name, listeners.add(listener));
      return () => void listeners.delete(listener);
    },
    endStreams(operation, error) {
      for (const open of [...dispatch.subscriptions]) if (open.operation === operation) open.end(error);
    },
    dropConnections: () => server.dropConnections(),
    stopAcknowledging() {
      silencers++;
      let ended = false;
      return () => {
        if (!ended) silencers--;
        ended = true;
      };
    },
    expireTokens: () => tokens.clear(),
    removeSocket: () => rm(socketPath, { force: true }),
    async restart() {
      await server.close();
      tokens.clear();
      cloud.clear();
      server = await listen();
      // Lite's daemon comes back alone: its components are not restarted with it.
      if (flavour === "lite") return;
      for (const component of components.values()) core.requestRestart(component, "the nucleus restarted");
    },
    async close() {
      await server.close();
      cloud.close();
      calls.close();
      states.close();
    },
  };
}
