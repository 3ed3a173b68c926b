import type { JsonObject } from "../base/json.js";
import type { CloudLink } from "./cloud-link.js";
import type { ConfigurationTree } from "./configuration-tree.js";
import type { Deployments } from "./deployments.js";
import type { Flavour } from "./flavour.js";
import type { LocalTopics } from "./local-topics.js";
import type { Shadows } from "./shadows.js";

/** The lifecycle states of a component, as GetComponentDetails names them. */
export type LifecycleState =
  | "NEW"
  | "INSTALLED"
  | "STARTING"
  | "RUNNING"
  | "STOPPING"
  | "ERRORED"
  | "BROKEN"
  | "FINISHED";

/** A deployed component. */
export interface LabComponent {
  readonly name: string;
  version: string;
  state: LifecycleState;
  /** Null: deployed without any configuration; GetConfiguration answers as if it were not deployed. */
  configuration: ConfigurationTree | null;
}

/** The state that the operations of a nucleus work on. */
export interface Core {
  readonly flavour: Flavour;
  readonly thingName: string;
  readonly components: ReadonlyMap<string, LabComponent>;
  /** The component of that name, or null; classic ignores case. */
  find(name: string): LabComponent | null;
  /** Whether the component's own accessControl grants this permission. */
  allows(component: LabComponent, permission: { service: string; operation: string; resource: string }): boolean;
  /** Changes a component's state and logs it. */
  setState(component: LabComponent, state: LifecycleState): void;
  /** Requests a restart of the component's process; false when the component could not be installed (lite). */
  requestRestart(component: LabComponent, reason: string): Promise<boolean>;
  readonly cloud: CloudLink;
  readonly local: LocalTopics;
  readonly shadows: Shadows;
  readonly deployments: Deployments;
  /** Milliseconds since 1970. */
  now(): number;
}

/** The stream of a call, as an operation sees it. */
export interface CallStream {
  /** Sends an event; dropped before the answer is sent, after the end, and while the operation's events are suppressed. */
  event(body: JsonObject): void;
  /** Calls once when either side has ended the stream. */
  onClosed(listener: () => void): void;
}

/** One operation called by one component. */
export interface Call {
  readonly component: LabComponent;
  /** The full name, such as `aws.greengrass#GetConfiguration`. */
  readonly operation: string;
  readonly request: JsonObject;
  /** The request as it was written: JSON.parse does not distinguish `5` from `5.0`. */
  readonly text: string;
  readonly stream: CallStream;
}

/** The definition of an operation. */
export interface Operation {
  /** The runtimes that have it. */
  readonly on: readonly Flavour[];
  /** The component that must be deployed for it; when missing, the nucleus itself provides it. */
  readonly provider?: string;
  /** The shape of its events; when missing, the operation is one request and one answer. */
  readonly events?: string;
  /** The answer's body; throws IpcError for a modelled error, anything else is an internal error. */
  readonly handle: (call: Call, core: Core) => JsonObject | Promise<JsonObject>;
}
