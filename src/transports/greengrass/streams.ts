import { ExpectedError } from "../../base/errors.js";
import {
  keepOpen,
  type Stream,
  type StreamConnection,
  type StreamEvents,
  type StreamSpec,
  subscribed,
} from "../keep-open.js";
import { payloadText } from "../payload-text.js";
import { failureText } from "./failures.js";
import type { Streams, Subscription, Within } from "./port.js";
import type { Client, Model, SdkStream } from "./sdk.js";

/** The subscriptions of a connected client; `within` limits its calls. */
export function streams(client: Client, model: Model, within: Within, connection: StreamConnection): Streams {
  return {
    subscribe: (filter, take, opened) => subscribed(cloudStream(client, model, filter, take), connection, opened),
    subscribeLocal: (topic, take, opened) => subscribed(localStream(client, topic, take), connection, opened),
    onConfigurationChange: (changed) => subscribed(configurationStream(client, changed), connection),
    onDeployment: (finished) => whereOffered(deploymentStream(client, within, finished), connection),
    onValidation: (judge) => whereOffered(validationStream(client, model, within, judge), connection),
  };
}

type MessageOf<S> = S extends SdkStream<infer M> ? M : never;
type CloudMessage = MessageOf<ReturnType<Client["subscribeToIoTCore"]>>;
type LocalMessage = MessageOf<ReturnType<Client["subscribeToTopic"]>>;
type DeploymentEvents = MessageOf<ReturnType<Client["subscribeToComponentUpdates"]>>;
type ValidationEvents = MessageOf<ReturnType<Client["subscribeToValidateConfigurationUpdates"]>>;
type Take = (topic: string, payload: string) => void;

function cloudStream(client: Client, model: Model, topicName: string, take: Take): StreamSpec<CloudMessage> {
  return {
    what: `subscribe to "${topicName}"`,
    make: (events) => attach(client.subscribeToIoTCore({ topicName, qos: model.QOS.AT_LEAST_ONCE }), events),
    take: ({ message }) => take(message?.topicName ?? "", payloadText(message?.payload)),
  };
}

function localStream(client: Client, topic: string, take: Take): StreamSpec<LocalMessage> {
  return {
    what: `subscribe to the local topic "${topic}"`,
    make: (events) => attach(client.subscribeToTopic({ topic }), events),
    take: (message) => take(topic, localText(message)),
  };
}

function configurationStream(client: Client, changed: () => void): StreamSpec<unknown> {
  return {
    what: "subscribe to configuration updates",
    make: (events) => attach(client.subscribeToConfigurationUpdate({ keyPath: [] }), events),
    take: changed,
    onReopened: changed,
  };
}

function deploymentStream(client: Client, within: Within, finished: () => void): StreamSpec<DeploymentEvents> {
  return {
    what: "subscribe to component updates",
    make: (events) => attach(client.subscribeToComponentUpdates({}), events),
    async take({ preUpdateEvent, postUpdateEvent }) {
      if (postUpdateEvent) finished();
      const deploymentId = preUpdateEvent?.deploymentId;
      if (deploymentId === undefined) return;
      // Without an answer the deployment waits for a minute; 0 means go ahead.
      await within(client.deferComponentUpdate({ deploymentId, recheckAfterMs: 0 }), "let a deployment go ahead");
    },
  };
}

function validationStream(
  client: Client,
  model: Model,
  within: Within,
  judge: (configuration: unknown) => Promise<string | null>,
): StreamSpec<ValidationEvents> {
  return {
    what: "subscribe to configuration validation",
    make: (events) => attach(client.subscribeToValidateConfigurationUpdates({}), events),
    async take({ validateConfigurationUpdateEvent: event }) {
      const deploymentId = event?.deploymentId;
      if (deploymentId === undefined) return;
      const message = await judge(event?.configuration);
      const { ACCEPTED, REJECTED } = model.ConfigurationValidityStatus;
      const verdict = message === null ? { status: ACCEPTED } : { status: REJECTED, message };
      const report = { configurationValidityReport: { deploymentId, ...verdict } };
      await within(client.sendConfigurationValidityReport(report), "answer a validation");
    },
  };
}

/** For operations that only one of the nuclei offers: makes no second attempt when the first fails. */
async function whereOffered<M>(kept: StreamSpec<M>, connection: StreamConnection): Promise<Subscription> {
  let isOffered = false;
  const onTrouble = (what: string, error: unknown) => {
    if (isOffered) connection.onTrouble(what, error);
  };
  const { first, close } = keepOpen(kept, { ...connection, onTrouble });
  await first.catch((error: unknown) => {
    throw new ExpectedError(failureText(error), { cause: error });
  });
  isOffered = true;
  return { close };
}

function attach<M>(stream: SdkStream<M>, { onMessage, onEnded }: StreamEvents<M>): Stream {
  stream.on("message", onMessage);
  // No listener for errors: each is emitted after the end, which is handled.
  stream.on("ended", onEnded);
  return stream;
}

/** A message on a local topic as text: bytes as they are, JSON as JSON. */
function localText({ binaryMessage, jsonMessage }: LocalMessage): string {
  return binaryMessage ? payloadText(binaryMessage.message) : JSON.stringify(jsonMessage?.message ?? null);
}
