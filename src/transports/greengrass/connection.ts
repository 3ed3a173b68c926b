import { ConnectionLostError, DeliveryError, ExpectedError, type Loss } from "../../base/errors.js";
import { withTimeLimit } from "../../base/time-limit.js";
import { type Heard, keepOpen } from "../keep-open.js";

// Loaded when first used: the native part costs 60 ms of CPU and 5 MB.
type Sdk = typeof import("aws-iot-device-sdk-v2/dist/greengrasscoreipc.js");
type Client = InstanceType<Sdk["Client"]>;

/** What a component can ask its nucleus; every call ends within its time limit, whatever happens to the connection. */
export interface Greengrass {
  /** Resolves when the nucleus has taken the message (its spool on classic, the broker daemon on lite). QoS 1 by default. */
  publish(topic: string, payload: string, qos?: 0 | 1): Promise<void>;
  /** Hears a topic filter of IoT Core for as long as it can be had: refused and ended subscriptions are tried again; `opened` is called each time. */
  subscribe(filter: string, take: (topic: string, payload: string) => void, opened?: () => void): Subscription;
  /** A message on a local topic: an object as JSON, a text as bytes. */
  publishLocal(topic: string, message: object | string): Promise<void>;
  /** Hears a local topic. */
  subscribeLocal(topic: string, take: (topic: string, payload: string) => void, opened?: () => void): Subscription;
  /** The component's whole own configuration. */
  configuration(): Promise<Record<string, unknown>>;
  /** Whether another component has a configuration here: proof of presence, never of absence. */
  isConfigured(component: string): Promise<boolean>;
  /** Calls back after any change of the own configuration, once per changed leaf, and when changes may have been missed. */
  onConfigurationChange(changed: () => void): Subscription;
  /** Null where the nucleus does not offer this call or does not allow it; `why` says which. */
  componentDetails(component: string): Promise<ComponentDetails>;
  /** Calls back after each cloud deployment; updates are never put off. Throws where the nucleus does not offer it. */
  onDeployment(finished: () => void): Promise<Subscription>;
  /** Asks before each deployment that changes a configuration; null accepts. Throws where the nucleus does not offer it. */
  onValidation(judge: (configuration: unknown) => Promise<string | null>): Promise<Subscription>;
  /** The thing's named shadow as JSON; null when there is none yet. */
  shadow(thing: string, name: string): Promise<string | null>;
  /** Resolves to the accepted document, or to "conflict" when another version is there. */
  updateShadow(thing: string, name: string, payload: string): Promise<string | "conflict">;
  running(): Promise<void>;
  close(): Promise<void>;
}

/** Something that is heard until it is closed. */
export interface Subscription {
  close(): Promise<void>;
}

/** What GetComponentDetails said. */
export type ComponentDetails =
  | { readonly kind: "found"; readonly version: string; readonly state: string }
  | { readonly kind: "absent" }
  | { readonly kind: "unsupported"; readonly why: string };

/** Who is told what happens to the connection. */
export interface Listeners {
  /**
   * Called once when an established connection ends without `close()`: the client never reconnects and its token may be
   * void. All calls in flight fail before.
   */
  readonly onLost: (reason: string) => void;
  /** Called when a subscription cannot be had (once until it can), or when a listener threw. */
  readonly onTrouble: (what: string, message: string) => void;
}

/** How long is waited for the nucleus. */
export interface Limits {
  readonly connectMs: number;
  readonly callMs: number;
}

const LIMITS: Limits = { connectMs: 5_000, callMs: 10_000 };

/**
 * Connects to the nucleus by the variables that it gives its components.
 * Throws ConnectionLostError when the nucleus is not there, refuses the token or does not answer; `loss` says which.
 */
export async function connectGreengrass(listeners: Listeners, limits = LIMITS): Promise<Greengrass> {
  const sdk: Sdk = await import("aws-iot-device-sdk-v2/dist/greengrasscoreipc.js");
  const client = open(sdk);
  let closing = false;
  const lost = ending();
  client.on("disconnection", (event) => {
    const reason = String(event?.reason ?? "connection ended");
    lost.end(new ExpectedError(`the connection to the nucleus is lost: ${reason}`));
    if (!closing) listeners.onLost(reason);
    closing = true;
  });
  try {
    await limited(client.connect(), "connect to the nucleus", lost, limits.connectMs);
  } catch (error) {
    closing = true;
    void client.close().catch(() => undefined);
    throw new ConnectionLostError(`Cannot connect to the nucleus: ${describe(error)}`, {
      cause: error,
      loss: lossOf(error),
    });
  }
  const within: Within = (call, what) => limited(call, what, lost, limits.callMs);
  return {
    ...calls(client, sdk.model, within),
    ...streams(client, sdk.model, within, listeners, () => closing),
    async close() {
      closing = true;
      // Seen: close() can stay pending after a drop.
      await limited(client.close(), "close the connection", ending(), 1_000).catch(() => undefined);
    },
  };
}

function open(sdk: Sdk): Client {
  try {
    return sdk.createClient();
  } catch (error) {
    throw new ConnectionLostError(
      `Cannot connect to the nucleus: ${describe(error)}; the variables AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT and SVCUID are set by Greengrass`,
      { cause: error, loss: "UNREACHABLE" },
    );
  }
}

// The client's numbers: HandshakeError is the classic nucleus' no; lite hangs up on a bad token, which is a NetworkError
// or, should the hang-up come before the client is ready, an InternalError that names the closed socket.
const HANDSHAKE_ERROR = 2;
const NETWORK_ERROR = 5;

function lossOf(error: unknown): Loss {
  if (error instanceof ExpectedError) return error.message.includes("is lost") ? "REFUSED" : "SILENT";
  const type = (error as { type?: unknown } | null)?.type;
  if (type === HANDSHAKE_ERROR || type === NETWORK_ERROR) return "REFUSED";
  return /SOCKET_CLOSED|CONNECTION_CLOSED/.test(describe(error)) ? "REFUSED" : "UNREACHABLE";
}

type Calls = Pick<
  Greengrass,
  | "publish"
  | "publishLocal"
  | "configuration"
  | "isConfigured"
  | "componentDetails"
  | "shadow"
  | "updateShadow"
  | "running"
>;

/** A call with its time limit, which ends with the connection. */
type Within = <T>(call: Promise<T>, what: string) => Promise<T>;

function calls(client: Client, model: Sdk["model"], within: Within): Calls {
  return {
    async publish(topic, payload, qos = 1) {
      const level = qos === 1 ? model.QOS.AT_LEAST_ONCE : model.QOS.AT_MOST_ONCE;
      const request = { topicName: topic, qos: level, payload: Buffer.from(payload) };
      try {
        await within(client.publishToIoTCore(request), `publish to "${topic}"`);
      } catch (error) {
        // Unauthorised now may be authorised after a deployment, so everything is worth another try.
        const forbidden = codeOf(error) === "UnauthorizedError";
        throw new DeliveryError(`Cannot publish to "${topic}": ${describe(error)}`, true, { cause: error, forbidden });
      }
    },
    async publishLocal(topic, message) {
      const publishMessage =
        typeof message === "string"
          ? { binaryMessage: { message: Buffer.from(message) } }
          : { jsonMessage: { message } };
      const request = { topic, publishMessage };
      try {
        await within(client.publishToTopic(request), `publish to the local topic "${topic}"`);
      } catch (error) {
        throw new DeliveryError(`Cannot publish to the local topic "${topic}": ${describe(error)}`, true, {
          cause: error,
        });
      }
    },
    async configuration() {
      try {
        const answer = await within(client.getConfiguration({ keyPath: [] }), "read the configuration");
        return asRecord(answer.value);
      } catch (error) {
        // A component without any configuration is not known to the store.
        if (codeOf(error) === "ResourceNotFoundError") return {};
        throw new ExpectedError(`Cannot read the configuration: ${describe(error)}`, { cause: error });
      }
    },
    async isConfigured(component) {
      try {
        const request = { componentName: component, keyPath: [] };
        await within(client.getConfiguration(request), `read the configuration of "${component}"`);
        return true;
      } catch (error) {
        if (codeOf(error) === "ResourceNotFoundError") return false;
        throw error;
      }
    },
    async componentDetails(component) {
      try {
        const call = client.getComponentDetails({ componentName: component });
        const { componentDetails } = await within(call, `read the details of "${component}"`);
        const { version, state } = componentDetails ?? {};
        if (typeof version !== "string") return { kind: "unsupported", why: "the nucleus answered without a version" };
        return { kind: "found", version, state: String(state ?? "") };
      } catch (error) {
        if (codeOf(error) === "ResourceNotFoundError") return { kind: "absent" };
        const { message, _message } = (error as { serviceError?: Record<string, unknown> }).serviceError ?? {};
        // How nucleus lite answers an operation that it does not have.
        if (codeOf(error) === "ServiceError" && !message && !_message) {
          return { kind: "unsupported", why: "this nucleus does not offer it: nucleus lite has no component details" };
        }
        return { kind: "unsupported", why: describe(error) };
      }
    },
    async shadow(thingName, shadowName) {
      try {
        const call = client.getThingShadow({ thingName, shadowName });
        return textOf((await within(call, `read the shadow "${shadowName}"`)).payload);
      } catch (error) {
        if (codeOf(error) === "ResourceNotFoundError") return null;
        throw new DeliveryError(`Cannot read the shadow "${shadowName}": ${describe(error)}`, true, { cause: error });
      }
    },
    async updateShadow(thingName, shadowName, payload) {
      try {
        const call = client.updateThingShadow({ thingName, shadowName, payload: Buffer.from(payload) });
        return textOf((await within(call, `write the shadow "${shadowName}"`)).payload);
      } catch (error) {
        if (codeOf(error) === "ConflictError") return "conflict";
        throw new DeliveryError(`Cannot write the shadow "${shadowName}": ${describe(error)}`, true, { cause: error });
      }
    },
    async running() {
      await within(client.updateState({ state: model.ReportedLifecycleState.RUNNING }), "report RUNNING");
    },
  };
}

type Streams = Pick<
  Greengrass,
  "subscribe" | "subscribeLocal" | "onConfigurationChange" | "onDeployment" | "onValidation"
>;

function streams(
  client: Client,
  model: Sdk["model"],
  within: Within,
  { onTrouble }: Listeners,
  isClosing: () => boolean,
): Streams {
  const surroundings = {
    limited: within,
    isOver: isClosing,
    onTrouble: (what: string, error: unknown) => onTrouble(what, describe(error)),
    random: Math.random,
  };
  const always = <M>(heard: Heard<M> & { readonly opened?: () => void }): Subscription => {
    const { first, retry, close } = keepOpen(heard, surroundings);
    first.then(heard.opened, retry);
    return { close };
  };
  /** For what one nucleus has and another never will: no second attempt when the first fails. */
  const whereOffered = async <M>(heard: Heard<M>): Promise<Subscription> => {
    let isOffered = false;
    const onTrouble = (what: string, error: unknown) => isOffered && surroundings.onTrouble(what, error);
    const { first, close } = keepOpen(heard, { ...surroundings, onTrouble });
    await first.catch((error: unknown) => {
      throw new ExpectedError(describe(error), { cause: error });
    });
    isOffered = true;
    return { close };
  };

  return {
    subscribe: (topicName, take, opened) =>
      always({
        what: `subscribe to "${topicName}"`,
        make: () => client.subscribeToIoTCore({ topicName, qos: model.QOS.AT_LEAST_ONCE }),
        take: ({ message }) => take(message?.topicName ?? "", textOf(message?.payload)),
        ...(opened === undefined ? {} : { opened, missed: opened }),
      }),
    subscribeLocal: (topic, take, opened) =>
      always({
        what: `subscribe to the local topic "${topic}"`,
        make: () => client.subscribeToTopic({ topic }),
        take: ({ binaryMessage, jsonMessage }) =>
          take(topic, binaryMessage ? textOf(binaryMessage.message) : JSON.stringify(jsonMessage?.message ?? null)),
        ...(opened === undefined ? {} : { opened, missed: opened }),
      }),
    onConfigurationChange: (changed) =>
      always({
        what: "subscribe to configuration updates",
        make: () => client.subscribeToConfigurationUpdate({ keyPath: [] }),
        take: changed,
        missed: changed,
      }),
    onDeployment: (finished) =>
      whereOffered({
        what: "subscribe to component updates",
        make: () => client.subscribeToComponentUpdates({}),
        async take({ preUpdateEvent, postUpdateEvent }) {
          if (postUpdateEvent) finished();
          const deploymentId = preUpdateEvent?.deploymentId;
          // Silence would hold up the deployment for a minute; 0 means go ahead.
          if (deploymentId !== undefined) {
            const answer = client.deferComponentUpdate({ deploymentId, recheckAfterMs: 0 });
            await within(answer, "let a deployment go ahead");
          }
        },
      }),
    onValidation: (judge) =>
      whereOffered({
        what: "subscribe to configuration validation",
        make: () => client.subscribeToValidateConfigurationUpdates({}),
        async take({ validateConfigurationUpdateEvent: event }) {
          const deploymentId = event?.deploymentId;
          if (deploymentId === undefined) return;
          const message = await judge(event?.configuration);
          const { ACCEPTED, REJECTED } = model.ConfigurationValidityStatus;
          const verdict = message === null ? { status: ACCEPTED } : { status: REJECTED, message };
          const report = { configurationValidityReport: { deploymentId, ...verdict } };
          await within(client.sendConfigurationValidityReport(report), "answer a validation");
        },
      }),
  };
}

/** The end of a connection, told to the calls under way. No promise: each call raced against one would stay in its memory. */
interface Ending {
  /** Calls when the end comes, at once when it has come; returns how not to be told. */
  onEnd(listener: (error: Error) => void): () => void;
  end(error: Error): void;
}

function ending(): Ending {
  const listeners = new Set<(error: Error) => void>();
  let ended: Error | null = null;
  return {
    onEnd(listener) {
      if (ended === null) listeners.add(listener);
      else listener(ended);
      return () => void listeners.delete(listener);
    },
    end(error) {
      ended ??= error;
      for (const listener of listeners) listener(error);
      listeners.clear();
    },
  };
}

/** Calls in flight never settle when the socket drops, so each has a limit of its own and ends with the connection. */
function limited<T>(call: Promise<T>, what: string, lost: Ending, limitMs: number): Promise<T> {
  return withTimeLimit(
    call,
    limitMs,
    () => new ExpectedError(`no answer to "${what}" within ${limitMs} ms`),
    lost.onEnd,
  );
}

/** The shape's name of a modelled error: both nuclei send it as `_errorCode`. */
function codeOf(error: unknown): string | null {
  const code = (error as { serviceError?: { _errorCode?: unknown } } | null)?.serviceError?._errorCode;
  return typeof code === "string" ? code : null;
}

/** The message of an RpcError with what the nucleus said; never more than 300 characters. */
function describe(error: unknown): string {
  const rpc = error as { message?: unknown; description?: unknown; serviceError?: Record<string, unknown> } | null;
  const service = rpc?.serviceError;
  const said = [service?.message, service?._message, rpc?.description, rpc?.message].find(
    (text) => typeof text === "string" && text !== "",
  );
  const code = codeOf(error);
  return [code, String(said ?? error)]
    .filter((part) => part !== null)
    .join(": ")
    .slice(0, 300);
}

function textOf(payload: unknown): string {
  return typeof payload === "string" ? payload : Buffer.from((payload ?? "") as Uint8Array).toString("utf8");
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
