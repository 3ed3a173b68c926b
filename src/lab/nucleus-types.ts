import type { JsonObject } from "../base/json.js";
import type { RestartListener } from "./component-registry.js";
import type { LifecycleState } from "./core.js";
import type { EventLog } from "./event-log.js";
import type { Flavour } from "./flavour.js";
import type { MqttPort } from "./mqtt-port.js";
import type { LoggedCall, Script } from "./script.js";
import type { Shadows } from "./shadows.js";

/** A component that is deployed when the nucleus starts. */
export interface ComponentOptions {
  readonly name: string;
  /** Default 1.0.0. */
  readonly version?: string;
  /** Default RUNNING. */
  readonly state?: LifecycleState;
  /** The recipe's defaults: on lite a newer recipe's replace them. */
  readonly defaultConfiguration?: JsonObject;
  /** What deployments have merged over the defaults. */
  readonly configuration?: JsonObject;
  /** Policies, stored in the configuration under `accessControl` as on a device. */
  readonly accessControl?: JsonObject;
}

/** The nucleus to start. */
export interface NucleusOptions {
  readonly flavour: Flavour;
  /** Created if missing; represents `/greengrass/v2`. */
  readonly rootFolder: string;
  /** Default `<root>/ipc.socket` (classic), `<root>/gg-ipc.socket` (lite). */
  readonly socketPath?: string;
  readonly thingName?: string;
  readonly region?: string;
  /** Stands for IoT Core; null or missing: always offline. The nucleus does not close it. */
  readonly broker?: MqttPort | null;
  /** Name `aws.greengrass.Cli` and `aws.greengrass.ShadowManager` to have their operations (classic). */
  readonly components: readonly ComponentOptions[];
  /**
   * Given to components as AWS_CONTAINER_CREDENTIALS_FULL_URI. Null: the token exchange service has never run on this device,
   * so that nucleus lite knows no port and starts no step of a component that depends on it.
   */
  readonly credentialsUri?: string | null;
  /** Classic's option of that name: whether `{iot:thingName}` in policies is replaced. Lite always does. */
  readonly interpolateComponentConfiguration?: boolean;
  /** How long a deployment waits for a validity report (default 20 s) and for a deferral (default 60 s). */
  readonly validationLimitMs?: number;
  readonly updateLimitMs?: number;
  /** Milliseconds since 1970; default: the system's clock. */
  readonly now?: () => number;
}

/** A deployment of one component. */
export interface Deployment {
  readonly id?: string;
  readonly version?: string;
  /** The new recipe's defaults: classic adds those that are missing, lite replaces older defaults too. */
  readonly defaultConfiguration?: JsonObject;
  /** JSON pointers to drop first; "" drops all. */
  readonly reset?: readonly string[];
  /** Merged last. */
  readonly configuration?: JsonObject;
  /** A local deployment sends no update events. */
  readonly local?: boolean;
  readonly restartsNucleus?: boolean;
}

/** The result of a deployment. */
export type DeploymentResult =
  | { readonly id: string; readonly status: "SUCCEEDED" }
  | { readonly id: string; readonly status: "FAILED_NO_STATE_CHANGE" | "FAILED"; readonly reason: string };

/** A change of a component's state. */
export interface StateChange {
  readonly component: string;
  readonly state: LifecycleState;
}

/** A running nucleus, with switches for everything that can go wrong with one. */
export interface Nucleus extends Script {
  readonly flavour: Flavour;
  readonly thingName: string;
  readonly region: string;
  readonly rootFolder: string;
  readonly socketPath: string;
  /** Every operation called, oldest first. */
  readonly calls: EventLog<LoggedCall>;
  readonly states: EventLog<StateChange>;
  /** False between `stop` and `start`. */
  readonly isListening: boolean;
  /** Whether the token exchange service has ever run here. */
  readonly knowsTokenExchange: boolean;
  readonly connections: number;
  /** The open subscriptions as `component operation`, oldest first. */
  readonly subscriptions: readonly string[];
  /** Messages on their way to the broker: classic's spool, lite's unacknowledged ones. */
  readonly waiting: { readonly messages: number; readonly bytes: number };
  readonly shadows: Shadows;
  /** The variables that the nucleus sets for a component's process. */
  environmentOf(component: string): Record<string, string>;
  /** The owner of a token, or null. */
  componentOfToken(token: string): string | null;
  versionOf(component: string): string;
  stateOf(component: string): LifecycleState;
  /** Does nothing if the component was removed. */
  setState(component: string, state: LifecycleState): void;
  /** The whole configuration, or null. */
  configurationOf(component: string): unknown;
  /** Merges like a deployment's MERGE; subscribers get one event per changed leaf. */
  setConfiguration(component: string, value: JsonObject): void;
  /** Deploys a component, new or not: validation, deferral, merge, restart where the runtime would, post-update events. */
  deploy(component: string, deployment: Deployment): Promise<DeploymentResult>;
  /** Removes a component with its token and its connections. */
  remove(component: string): void;
  /** Calls when the nucleus would start the component's process again; returns how to unsubscribe. */
  onRestartRequest(component: string, listener: RestartListener): () => void;
  /** Ends all open streams of an operation from the nucleus's side. */
  endStreams(operation: string, error?: { readonly error: string; readonly message?: string }): void;
  dropConnections(): void;
  /** Connect messages get no answer from now on; returns how to answer again. */
  stopAcknowledging(): () => void;
  /** Connect messages are answered after `ms`, as by a nucleus under load; returns how to answer at once again. */
  delayAcknowledgements(ms: number): () => void;
  /** Reads nothing from the connections, so that the socket buffers fill up; returns how to read again. */
  stopReading(): () => void;
  /** All tokens are void, the connections stay. */
  expireTokens(): void;
  /** The socket's file goes, the connections stay. */
  removeSocket(): Promise<void>;
  /** The nucleus (lite: its IPC daemon) stops: connections, socket, tokens and spool are gone; configuration and shadows stay. */
  stop(): Promise<void>;
  /** Comes back after `stop`; classic starts its components again, lite does not. */
  start(): Promise<void>;
  /** `stop` and `start`. */
  restart(): Promise<void>;
  close(): Promise<void>;
}
