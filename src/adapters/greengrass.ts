import { ConnectionLostError, DeliveryError, ExpectedError } from "../errors.js";

// Loaded when first used: the native part costs 60 ms of CPU and 5 MB.
type Sdk = typeof import("aws-iot-device-sdk-v2/dist/greengrasscoreipc.js");
type Client = InstanceType<Sdk["Client"]>;

/** What a component can ask its nucleus; every call ends within its time limit, whatever happens to the connection. */
export interface Greengrass {
  /** Resolves when the nucleus has taken the message (its spool on classic, the broker daemon on lite). */
  publish(topic: string, payload: string): Promise<void>;
  /** Calls back for each message of a topic of IoT Core. Throws ExpectedError when the nucleus refuses. */
  subscribe(topic: string, onMessage: (payload: Buffer) => void): Promise<void>;
  /** The component's whole own configuration. */
  configuration(): Promise<Record<string, unknown>>;
  /** Whether another component has a configuration here: proof of presence, never of absence. */
  isConfigured(component: string): Promise<boolean>;
  /** Calls back after any change of the own configuration, once per changed leaf. */
  onConfigurationChange(changed: () => void): Promise<void>;
  /** Null where the nucleus does not offer this call or does not allow it; `why` says which. */
  componentDetails(component: string): Promise<ComponentDetails>;
  running(): Promise<void>;
  close(): Promise<void>;
}

/** What GetComponentDetails said. */
export type ComponentDetails =
  | { readonly kind: "found"; readonly version: string; readonly state: string }
  | { readonly kind: "absent" }
  | { readonly kind: "unsupported"; readonly why: string };

/**
 * Connects to the nucleus by the variables that it gives its components.
 * `onLost` is called once when an established connection ends without `close()`: the client never reconnects and its
 * token may be void, so the process should end with a non-zero code and be started anew.
 * Throws ConnectionLostError when the nucleus is not there, refuses the token or does not answer.
 */
export async function connectGreengrass(
  onLost: (reason: string) => void,
  limits: { readonly connectMs: number; readonly callMs: number } = { connectMs: 5_000, callMs: 10_000 },
): Promise<Greengrass> {
  const sdk: Sdk = await import("aws-iot-device-sdk-v2/dist/greengrasscoreipc.js");
  const client = open(sdk);
  let closing = false;
  client.on("disconnection", (event) => {
    if (!closing) onLost(String(event?.reason ?? "connection ended"));
  });
  try {
    await limited(client.connect(), "connect to the nucleus", limits.connectMs);
  } catch (error) {
    closing = true;
    throw new ConnectionLostError(`Cannot connect to the nucleus: ${describe(error)}`, { cause: error });
  }
  return {
    ...calls(client, sdk.model, limits.callMs),
    async close() {
      closing = true;
      // Seen: close() can stay pending after a drop.
      await limited(client.close(), "close the connection", 1_000).catch(() => undefined);
    },
  };
}

function open(sdk: Sdk): Client {
  try {
    return sdk.createClient();
  } catch (error) {
    throw new ConnectionLostError(
      `Cannot connect to the nucleus: ${describe(error)}; the variables AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT and SVCUID are set by Greengrass`,
      { cause: error },
    );
  }
}

function calls(client: Client, model: Sdk["model"], limitMs: number): Omit<Greengrass, "close"> {
  const within = <T>(call: Promise<T>, what: string) => limited(call, what, limitMs);
  return {
    async publish(topic, payload) {
      const request = { topicName: topic, qos: model.QOS.AT_LEAST_ONCE, payload: Buffer.from(payload) };
      try {
        await within(client.publishToIoTCore(request), `publish to "${topic}"`);
      } catch (error) {
        // Unauthorised now may be authorised after a deployment, so everything is worth another try.
        throw new DeliveryError(`Cannot publish to "${topic}": ${describe(error)}`, true, { cause: error });
      }
    },
    async subscribe(topic, onMessage) {
      const request = { topicName: topic, qos: model.QOS.AT_LEAST_ONCE };
      const operation = client.subscribeToIoTCore(request);
      operation.on("message", ({ message }) => {
        if (message !== undefined) onMessage(Buffer.from((message.payload ?? "") as ArrayBuffer));
      });
      // An ended stream would otherwise be an unhandled "error" event.
      operation.on("streamError", () => undefined);
      try {
        await within(operation.activate(), `subscribe to "${topic}"`);
      } catch (error) {
        throw new ExpectedError(`Cannot subscribe to "${topic}": ${describe(error)}`, { cause: error });
      }
    },
    async configuration() {
      const answer = await within(client.getConfiguration({ keyPath: [] }), "read the configuration");
      return asRecord(answer.value);
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
    async onConfigurationChange(changed) {
      const operation = client.subscribeToConfigurationUpdate({ keyPath: [] });
      // A throw in a listener would end the process.
      operation.on(
        "message",
        () =>
          void Promise.resolve()
            .then(changed)
            .catch(() => undefined),
      );
      await within(operation.activate(), "subscribe to configuration updates");
    },
    async componentDetails(component) {
      try {
        const answer = await within(
          client.getComponentDetails({ componentName: component }),
          `read the details of "${component}"`,
        );
        const { version, state } = answer.componentDetails ?? {};
        if (typeof version !== "string") return { kind: "unsupported", why: "the nucleus answered without a version" };
        return { kind: "found", version, state: String(state ?? "") };
      } catch (error) {
        if (codeOf(error) === "ResourceNotFoundError") return { kind: "absent" };
        return { kind: "unsupported", why: describe(error) };
      }
    },
    async running() {
      await within(client.updateState({ state: model.ReportedLifecycleState.RUNNING }), "report the state RUNNING");
    },
  };
}

/** Calls in flight never settle when the socket drops, so each has a limit of its own. */
async function limited<T>(call: Promise<T>, what: string, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ExpectedError(`no answer to "${what}" within ${limitMs} ms`)), limitMs);
  });
  call.catch(() => undefined);
  try {
    return await Promise.race([call, limit]);
  } finally {
    clearTimeout(timer);
  }
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

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
