import { statSync } from "node:fs";
import { backoffMs } from "../../base/backoff.js";
import type { Later } from "../../base/clock.js";
import { messageOf } from "../../base/errors.js";
import type { Log } from "../../base/log.js";
import { withTimeLimit } from "../../base/time-limit.js";
import { checkSecret } from "../../platform/safe-files.js";
import { type Crt, checkFiles, type MqttClient } from "../../transports/mqtt/client-config.js";
import type { ReceivedMessage } from "../arrival.js";
import { type SessionOptions, sessionConfig } from "./broker-session.js";

/** A message that the broker redelivers until it is acknowledged. */
export interface UnacknowledgedMessage extends ReceivedMessage {
  /** Whether the broker keeps it until it is acknowledged, and its connection is still up. */
  readonly isHeld: () => boolean;
  /** Does nothing after the connection has ended: the broker delivers the message again. */
  readonly acknowledge: () => void;
}

/** The dependencies of a connection. */
export interface BrokerParts extends SessionOptions {
  readonly filters: readonly string[];
  readonly log: Log;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly later: Later;
  /** From 0 to less than 1. */
  readonly random: () => number;
  readonly onMessage: (message: UnacknowledgedMessage) => void;
  /** Called whenever messages can be sent again. */
  readonly onConnected: () => void;
  /** Called when the broker starts to send messages; `resumed` means that it held what came while we were away. */
  readonly onSubscribed: (resumed: boolean) => void;
  /** Called before any message of the next connection comes. */
  readonly onLost: () => void;
}

/** A connection to the broker that recovers by itself. */
export interface BrokerClient {
  readonly isConnected: boolean;
  /** Whether the broker has granted every subscription since the last connection. */
  readonly isSubscribed: boolean;
  /** Resolves when the broker has acknowledged the message (QoS 1). */
  publish(topic: string, payload: string): Promise<void>;
  /**
   * Reconnects in the same session, now or as soon as it is connected, so that the broker redelivers what was not
   * acknowledged.
   */
  renew(): void;
  close(): Promise<void>;
}

const ACKNOWLEDGE_MS = 30_000;
const DISCONNECT_MS = 1_000;
const SHORT_MS = 10_000;
const MOST_SHORT_ONES = 3;
const SUBSCRIBE_BACKOFF = { firstMs: 1_000, lastMs: 60_000 };
const REFUSED = 0x80;

/**
 * Connects and subscribes, and keeps trying with full jitter. Throws if a PEM file is missing, or if the key is another
 * user's or others may read it.
 */
export async function connectToBroker(parts: BrokerParts): Promise<BrokerClient> {
  const crt: Crt = await import("aws-crt");
  if (parts.address.tls !== null) {
    checkFiles(parts.address.tls);
    checkSecret(parts.address.tls.key, statSync(parts.address.tls.key));
  }
  const client = new crt.mqtt5.Mqtt5Client(sessionConfig(crt, parts));
  return new Connection(crt, client, parts).start();
}

/**
 * Invariant: a message is acknowledged only in the connection that delivered it. Packet ids start over with a new
 * session, so a late acknowledgement could release another message, one that is not stored. aws-crt cancels the
 * acknowledgements of a connection that has ended. It reports messages and connections separately: the first messages
 * of a connection may come before the connection is reported.
 */
class Connection implements BrokerClient {
  isConnected = false;
  isSubscribed = false;
  /** Counts ends of connections. */
  private generation = 0;
  private cancelRetry = () => {};
  private failures = 0;
  /** How many connections in a row were lost within SHORT_MS, and when the last one began. */
  private shortOnes = 0;
  private connectedAt = 0;
  private isRenewing = false;
  /** Whether `renew` was called before it was connected. */
  private mustRenew = false;
  /** Whether messages still belong to a connection that we have closed. */
  private isDraining = false;
  private received = 0;
  private isClosing = false;

  constructor(
    private readonly crt: Crt,
    private readonly client: MqttClient,
    private readonly parts: BrokerParts,
  ) {}

  start(): this {
    const { client, crt, parts } = this;
    const { host, port } = parts.address;
    client.on("connectionSuccess", ({ settings }) => {
      this.isRenewing = false;
      this.isConnected = true;
      this.failures = 0;
      this.connectedAt = performance.now();
      parts.log.info("broker.connected", { host, port, clientId: parts.clientId, session: settings.rejoinedSession });
      void this.subscribe(this.generation, settings.rejoinedSession, 0);
      parts.onConnected();
      if (this.mustRenew) this.renew();
    });
    client.on("connectionFailure", ({ error }) => {
      if (this.failures++ === 0) parts.log.warn("broker.failed", { host, port, message: describe(error) });
    });
    client.on("disconnection", ({ error, disconnect }) => {
      this.lost(
        disconnect === undefined
          ? describe(error)
          : `the broker disconnected with ${crt.mqtt5.DisconnectReasonCode[disconnect.reasonCode] ?? disconnect.reasonCode}`,
      );
    });
    client.on("error", (error) => parts.log.warn("broker.failed", { host, port, message: describe(error) }));
    client.on("messageReceived", ({ message, acknowledgementControl }) => {
      const handle = acknowledgementControl?.acquireHandle() ?? null;
      const { generation } = this;
      this.received += 1;
      // The message comes again in the new connection.
      if (handle !== null && this.isDraining) return;
      const isHeld = () => handle !== null && generation === this.generation;
      parts.onMessage({
        topic: message.topicName,
        payload: bytesOf(message.payload),
        receivedAt: new Date(parts.now()).toISOString(),
        isHeld,
        acknowledge: () => void (isHeld() && handle?.invokeAcknowledgement()),
      });
    });
    client.start();
    return this;
  }

  async publish(topic: string, payload: string): Promise<void> {
    const sent = this.client.publish({
      topicName: topic,
      payload,
      qos: this.crt.mqtt5.QoS.AtLeastOnce,
      payloadFormat: this.crt.mqtt5.PayloadFormatIndicator.Utf8,
      contentType: "application/json",
    });
    const acknowledged = await within(sent, ACKNOWLEDGE_MS);
    const code = acknowledged?.reasonCode ?? 0;
    if (code >= REFUSED) throw new Error(`the broker refused with ${this.crt.mqtt5.PubackReasonCode[code] ?? code}`);
  }

  renew(): void {
    this.mustRenew = !this.isConnected || this.isRenewing;
    if (this.mustRenew || this.isClosing) return;
    this.isRenewing = true;
    const { generation } = this;
    // The broker answers in order: when it has answered this, it has the acknowledgements, which would be dropped with
    // the connection.
    const sent = this.subscribeAll().catch(() => undefined);
    void sent.then(() => {
      if (generation !== this.generation || this.isClosing) return;
      this.client.once("stopped", () => this.startDrained(0));
      this.isDraining = true;
      this.stop();
    });
  }

  /**
   * Starts after two turns of the event loop without a message: by then all messages of the ended connection have come.
   */
  private startDrained(quietTurns: number): void {
    const { received } = this;
    setImmediate(() => {
      if (this.isClosing) return;
      const quiet = received === this.received ? quietTurns + 1 : 0;
      if (quiet < 2) return this.startDrained(quiet);
      this.isDraining = false;
      this.client.start();
    });
  }

  async close(): Promise<void> {
    if (this.isClosing) return;
    this.isClosing = true;
    this.lost("");
    const stopped = new Promise<void>((resolve) => this.client.once("stopped", () => resolve()));
    this.stop();
    await within(stopped, DISCONNECT_MS).catch(() => undefined);
    this.client.close();
  }

  /** Disconnects; the broker keeps the session, and messages that come meanwhile wait for the next start. */
  private stop(): void {
    this.client.stop({ reasonCode: this.crt.mqtt5.DisconnectReasonCode.NormalDisconnection });
  }

  private lost(message: string): void {
    this.generation += 1;
    this.mustRenew = false;
    this.cancelRetry();
    const wasConnected = this.isConnected;
    this.isConnected = false;
    this.isSubscribed = false;
    if (!wasConnected || this.isClosing) return;
    this.parts.onLost();
    if (this.isRenewing) return;
    this.shortOnes = performance.now() - this.connectedAt < SHORT_MS ? this.shortOnes + 1 : 0;
    // With mosquitto 2.0.11, aws-crt sees the socket's end and not the reason SessionTakenOver.
    const hint =
      this.shortOnes < MOST_SHORT_ONES
        ? ""
        : `; this happens again and again: if another receiver uses the id "${this.parts.clientId}", give each its own with --client-id`;
    this.parts.log.warn("broker.lost", { message: `${message}${hint}` });
  }

  /** Subscribes on every connection, since a session may have been created with other filters. */
  private async subscribe(generation: number, resumed: boolean, failures: number): Promise<void> {
    try {
      const { reasonCodes } = await this.subscribeAll();
      const refused = this.parts.filters.filter((_, at) => (reasonCodes[at] ?? REFUSED) >= REFUSED);
      if (refused.length > 0) throw new Error(`the broker refused ${refused.map((each) => `"${each}"`).join(", ")}`);
      if (generation !== this.generation) return;
      this.isSubscribed = true;
      this.parts.log.info("broker.subscribed", { filters: this.parts.filters });
      this.parts.onSubscribed(resumed);
    } catch (error) {
      if (generation !== this.generation || !this.isConnected || this.isClosing) return;
      if (failures === 0) this.parts.log.warn("broker.not-subscribed", { message: describe(error) });
      const waitMs = backoffMs(failures + 1, SUBSCRIBE_BACKOFF, this.parts.random);
      this.cancelRetry = this.parts.later(waitMs, () => void this.subscribe(generation, resumed, failures + 1));
    }
  }

  private subscribeAll() {
    const { mqtt5 } = this.crt;
    const subscriptions = this.parts.filters.map((topicFilter) => ({
      topicFilter,
      qos: mqtt5.QoS.AtLeastOnce,
      ...(topicFilter.startsWith("$share/")
        ? {}
        : { retainHandlingType: mqtt5.RetainHandlingType.SendOnSubscribeIfNew }),
    }));
    return within(this.client.subscribe({ subscriptions }), ACKNOWLEDGE_MS);
  }
}

function bytesOf(payload: unknown): Uint8Array {
  if (payload instanceof ArrayBuffer) return new Uint8Array(payload);
  if (ArrayBuffer.isView(payload)) return new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength);
  return typeof payload === "string" ? new TextEncoder().encode(payload) : new Uint8Array();
}

function within<T>(call: Promise<T>, limitMs: number): Promise<T> {
  return withTimeLimit(call, limitMs, () => new Error(`no answer within ${limitMs} ms`));
}

/** An error in at most 300 characters; aws-crt rejects with texts. */
function describe(error: unknown): string {
  return messageOf(error).slice(0, 300);
}
