/** A call with its time limit; it also ends when the connection does. `what` names it in the error. */
export type Within = <T>(call: Promise<T>, what: string) => Promise<T>;

/** The operations of the nucleus. Every call ends within its time limit, even if the connection drops. */
export interface Greengrass extends Calls, Streams {
  close(): Promise<void>;
}

/** Calls with one answer each. */
export interface Calls {
  /** Resolves when the nucleus has accepted the message (its spool on classic, the broker daemon on lite). QoS 1 by default. */
  publish(topic: string, payload: string, qos?: 0 | 1): Promise<void>;
  /**
   * Asks a classic nucleus whether we may publish to a topic: null, or why not. Nothing is published: it refuses a message
   * without a payload only after it has authorised it. Nucleus lite would send an empty message.
   */
  mayPublish(topic: string): Promise<string | null>;
  /** Publishes on a local topic: an object as JSON, a text as bytes. */
  publishLocal(topic: string, message: object | string): Promise<void>;
  /**
   * Our component's whole configuration; of one too long for an answer of nucleus lite only these keys. Throws
   * UnreadableSettingsError when one of them is too long as well.
   */
  configuration(keys: readonly string[]): Promise<Readonly<Record<string, unknown>>>;
  /** Whether another component has a configuration here: proof of presence, never of absence. */
  isConfigured(component: string): Promise<boolean>;
  /** The port on which the token exchange service listens now; null if the nucleus does not report it. */
  tokenExchangePort(): Promise<number | null>;
  /** The nucleus's details of a deployed component. Never throws: `unsupported` says why there are none. */
  componentDetails(component: string): Promise<ComponentDetails>;
  /** The thing's named shadow as JSON; null if it does not exist yet. */
  shadow(thing: string, name: string): Promise<string | null>;
  /** Resolves to the accepted document, or to "conflict" when the shadow has another version. */
  updateShadow(thing: string, name: string, payload: string): Promise<string | "conflict">;
  /** Reports the component as RUNNING. */
  running(): Promise<void>;
}

/** Subscriptions. All but the last two are renewed for as long as the connection lasts, however often they are refused or end. */
export interface Streams {
  /** Subscribes to a topic filter of IoT Core. `opened` is called each time the subscription has been made. */
  subscribe(filter: string, take: (topic: string, payload: string) => void, opened?: () => void): Subscription;
  /** Subscribes to a local topic. */
  subscribeLocal(topic: string, take: (topic: string, payload: string) => void, opened?: () => void): Subscription;
  /** Calls back after any change of our configuration, once per changed leaf, and when changes may have been missed. */
  onConfigurationChange(changed: () => void): Subscription;
  /** Calls back after each cloud deployment; never defers an update. Throws where the nucleus does not offer it. */
  onDeployment(finished: () => void): Promise<Subscription>;
  /** Asks before each deployment that changes a configuration; null accepts. Throws where the nucleus does not offer it. */
  onValidation(judge: (configuration: unknown) => Promise<string | null>): Promise<Subscription>;
}

/** A subscription that lasts until it is closed. */
export interface Subscription {
  close(): Promise<void>;
}

/** The outcome of GetComponentDetails. */
export type ComponentDetails =
  | { readonly kind: "found"; readonly version: string; readonly state: string }
  | { readonly kind: "absent" }
  /** The nucleus does not offer this call or does not allow it. */
  | { readonly kind: "unsupported"; readonly why: string };
