import { randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { InvalidInputError, messageOf } from "../base/errors.js";
import { type ComponentRegistry, componentRegistry } from "./component-registry.js";
import { type ComponentTokens, componentTokens } from "./component-tokens.js";
import { ValueTooLongError } from "./configuration-tree.js";
import type { Core, LabComponent } from "./core.js";
import { applyConfiguration, deploy, deployed, wholeOf } from "./deploy.js";
import { type Dispatcher, dispatcher } from "./dispatch.js";
import { eventLog, type WritableEventLog } from "./event-log.js";
import { FLAVOURS } from "./flavour.js";
import { type IpcSocket, ipcSocket } from "./ipc-socket.js";
import { nucleusCore } from "./nucleus-core.js";
import type { ComponentOptions, Nucleus, NucleusOptions, StateChange } from "./nucleus-types.js";
import { type LoggedCall, type RunningScript, script } from "./script.js";

export type * from "./nucleus-types.js";

/** The parts of a running nucleus. */
interface Parts {
  readonly options: NucleusOptions;
  readonly device: { readonly thingName: string; readonly region: string; readonly socketPath: string };
  readonly calls: WritableEventLog<LoggedCall>;
  readonly states: WritableEventLog<StateChange>;
  readonly registry: ComponentRegistry;
  readonly tokens: ComponentTokens;
  readonly core: Core;
  readonly playing: RunningScript;
  readonly dispatch: Dispatcher;
  readonly ipc: IpcSocket;
}

/** Starts a Greengrass nucleus in this process: the real IPC wire protocol on a unix socket, components without processes. */
export async function startNucleus(options: NucleusOptions): Promise<Nucleus> {
  const { flavour, rootFolder, thingName = "lab-thing", region = "eu-west-1" } = options;
  const rules = FLAVOURS[flavour];
  const socketPath = options.socketPath ?? join(rootFolder, rules.socketName);
  const calls = eventLog<LoggedCall>("calls");
  const states = eventLog<StateChange>("states");
  const registry = componentRegistry(flavour);
  const tokens = componentTokens(flavour);
  const core = nucleusCore(options, thingName, registry, states);
  const playing = script();
  const dispatch = dispatcher(core, playing, calls);
  const ipc = ipcSocket({ flavour, socketPath, authenticate: tokens.ownerOf, onCall: dispatch.play });
  const configuration = { awsRegion: region, iotRoleAlias: "LabTokenExchangeRoleAlias" };
  const itself = { name: rules.nucleusComponent, version: rules.version, configuration };
  for (const component of [itself, ...options.components]) registry.put(installed(core, component));
  await mkdir(rootFolder, { recursive: true });
  await ipc.listen();
  const device = { thingName, region, socketPath };
  return nucleusOver({ options, device, calls, states, registry, tokens, core, playing, dispatch, ipc });
}

function nucleusOver(parts: Parts): Nucleus {
  const { options, device, calls, states, registry, tokens, core, playing, dispatch, ipc } = parts;
  const limits = { validationMs: options.validationLimitMs ?? 20_000, updateMs: options.updateLimitMs ?? 60_000 };
  return {
    ...device,
    flavour: options.flavour,
    rootFolder: options.rootFolder,
    knowsTokenExchange: options.credentialsUri !== null,
    calls,
    states,
    shadows: core.shadows,
    answerWith: playing.answerWith,
    holdOperation: playing.holdOperation,
    suppressEvents: playing.suppressEvents,
    get isListening() {
      return ipc.isListening;
    },
    get connections() {
      return ipc.connections;
    },
    get subscriptions() {
      return [...dispatch.subscriptions].map(({ component, operation }) => `${component} ${operation}`);
    },
    get waiting() {
      return core.cloud.waiting;
    },
    environmentOf: (name) => environmentFor(parts, registry.get(name)),
    componentOfToken: tokens.ownerOf,
    versionOf: (name) => registry.get(name).version,
    stateOf: (name) => registry.get(name).state,
    setState(name, state) {
      const component = registry.find(name);
      if (component) core.setState(component, state);
    },
    configurationOf: (name) => wholeOf(registry.get(name)),
    setConfiguration(name, configuration) {
      const failure = applyConfiguration(core, registry.get(name), { configuration });
      if (failure !== null) throw new InvalidInputError(failure);
    },
    deploy: (name, deployment) => deploy(core, registry.put, name, { id: randomUUID(), ...deployment }, limits),
    remove(name) {
      const component = registry.get(name);
      registry.remove(component);
      tokens.revoke(component.name);
      ipc.dropConnectionsOf(component.name);
    },
    onRestartRequest: registry.onRestartRequest,
    endStreams(operation, error) {
      for (const open of [...dispatch.subscriptions]) if (open.operation === operation) open.end(error);
    },
    dropConnections: ipc.dropConnections,
    stopAcknowledging: () => ipc.delayAcknowledgements(null),
    delayAcknowledgements: ipc.delayAcknowledgements,
    stopReading: ipc.stopReading,
    expireTokens: tokens.revokeAll,
    removeSocket: () => rm(device.socketPath, { force: true }),
    stop: () => stop(parts),
    start: () => start(parts),
    async restart() {
      await stop(parts);
      await start(parts);
    },
    async close() {
      await ipc.close();
      core.cloud.close();
      calls.close();
      states.close();
    },
  };
}

async function stop({ ipc, tokens, core }: Parts): Promise<void> {
  await ipc.close();
  tokens.revokeAll();
  core.cloud.clear();
}

async function start({ ipc, core, registry }: Parts): Promise<void> {
  await ipc.listen();
  // Lite's daemon comes back alone: its components are not restarted with it.
  if (core.flavour === "lite") return;
  for (const { name } of registry.all.values()) void registry.requestRestart(name, "the nucleus restarted");
}

function installed(core: Core, options: ComponentOptions): LabComponent {
  try {
    return deployed(core, options);
  } catch (cause) {
    if (!(cause instanceof ValueTooLongError)) throw cause;
    throw new InvalidInputError(`Cannot deploy ${options.name} on nucleus lite: ${messageOf(cause)}`, { cause });
  }
}

/** The variables that a nucleus sets for a component's process. */
function environmentFor({ options, device, tokens }: Parts, { name }: LabComponent): Record<string, string> {
  const token = tokens.tokenOf(name);
  const { credentialsUri } = options;
  return {
    AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT: device.socketPath,
    SVCUID: token,
    AWS_CONTAINER_AUTHORIZATION_TOKEN: token,
    AWS_IOT_THING_NAME: device.thingName,
    AWS_REGION: device.region,
    AWS_DEFAULT_REGION: device.region,
    GGC_VERSION: FLAVOURS[options.flavour].version,
    GG_ROOT_CA_PATH: join(options.rootFolder, "rootCA.pem"),
    ...(credentialsUri ? { AWS_CONTAINER_CREDENTIALS_FULL_URI: credentialsUri } : {}),
  };
}
