import * as fs from "node:fs";
import { checkPrivate } from "../../base/secret-file.js";
import { UnsafeFileError } from "../../platform/safe-files.js";

/** AWS's MQTT 5 client. Loaded when first used: its native part costs 60 ms of CPU and 5 MB. */
export type Crt = Pick<typeof import("aws-crt"), "mqtt5" | "io">;
export type MqttClient = InstanceType<Crt["mqtt5"]["Mqtt5Client"]>;

/** The broker, and the PEM files for TLS. */
export interface MqttTarget {
  readonly endpoint: string;
  readonly port: number;
  readonly clientId: string;
  readonly cert: string;
  readonly key: string;
  /** Null: the system's own. */
  readonly ca: string | null;
}

/** The published status of the device. `lost` is the last will. */
export interface MqttStatus {
  readonly topic: string;
  readonly online: string;
  readonly lost: string;
  readonly stopped: string;
}

/** Time limits; tests use shorter ones. */
export interface MqttTimes {
  readonly acknowledgeMs: number;
  readonly connectMs: number;
  readonly keepAliveSeconds: number;
  readonly pingMs: number;
  readonly firstReconnectMs: number;
  readonly lastReconnectMs: number;
}

export const USUAL_TIMES: MqttTimes = {
  acknowledgeMs: 30_000,
  connectMs: 15_000,
  keepAliveSeconds: 60,
  pingMs: 10_000,
  firstReconnectMs: 1_000,
  // Together with the spread of reports after a short outage, half a minute with room for the handshake.
  lastReconnectMs: 10_000,
};
/** A connection that is lost earlier does not end an outage: another client may have our client id, or a policy may refuse us. */
export const LASTING_MS = 30_000;
const SESSION_SECONDS = 3_600;
/** The limit of IoT Core: nothing larger is meant for us. */
const MOST_PACKET_BYTES = 128 * 1_024;

/**
 * The client's configuration: mutual TLS of 1.2 or later with the server's name and certificate verified, a session that
 * outlives the connection and the process, and reconnecting with full jitter.
 */
export function clientConfig(
  { mqtt5, io }: Crt,
  target: MqttTarget,
  status: MqttStatus,
  times: MqttTimes,
): ConstructorParameters<Crt["mqtt5"]["Mqtt5Client"]>[0] {
  return {
    hostName: target.endpoint,
    port: target.port,
    tlsCtx: new io.ClientTlsContext(tlsOptions(io, target)),
    disableMetrics: true,
    connectProperties: {
      clientId: target.clientId,
      keepAliveIntervalSeconds: times.keepAliveSeconds,
      sessionExpiryIntervalSeconds: SESSION_SECONDS,
      maximumPacketSizeBytes: MOST_PACKET_BYTES,
      will: {
        topicName: status.topic,
        payload: status.lost,
        qos: mqtt5.QoS.AtLeastOnce,
        contentType: "application/json",
      },
    },
    // From the first connection on: messages that came while the process was down are received after a restart. A new process
    // has no state of its own to resume, since what was in flight is still in the outbox.
    sessionBehavior: mqtt5.ClientSessionBehavior.RejoinAlways,
    // Our outbox is the queue: what is not in flight fails at once and comes back in order.
    offlineQueueBehavior: mqtt5.ClientOperationQueueBehavior.FailAllOnDisconnect,
    retryJitterMode: mqtt5.RetryJitterType.Full,
    minReconnectDelayMs: times.firstReconnectMs,
    maxReconnectDelayMs: times.lastReconnectMs,
    minConnectedTimeToResetReconnectDelayMs: LASTING_MS,
    pingTimeoutMs: times.pingMs,
    connackTimeoutMs: 15_000,
    topicAliasingOptions: {
      outboundBehavior: mqtt5.OutboundTopicAliasBehaviorType.Disabled,
      inboundBehavior: mqtt5.InboundTopicAliasBehaviorType.Disabled,
    },
  };
}

/** TLS 1.2 or later with a client certificate; the server's name and certificate are verified. */
export function tlsOptions(io: Crt["io"], { cert, key, ca, port }: Pick<MqttTarget, "cert" | "key" | "ca" | "port">) {
  const tls = io.TlsContextOptions.create_client_with_mtls_from_path(cert, key);
  // Not by min_tls_version: with TLSv1_2 there, aws-crt 1.33.1 was seen to agree to TLS 1.1 (test/transports/mqtt/mqtt-connection.test.ts).
  tls.tls_cipher_preference = io.TlsCipherPreference.TLSv1_2_2025_07;
  tls.verify_peer = true;
  if (ca !== null) tls.override_default_trust_store_from_path(undefined, ca);
  // On this port, AWS IoT Core uses ALPN to distinguish MQTT from HTTPS.
  if (port === 443) tls.alpn_list = ["x-amzn-mqtt-ca"];
  return tls;
}

/** Throws when a file is missing or not a regular one, which could keep the native part waiting, or when others may read the key. */
export function checkFiles({ cert, key, ca }: Pick<MqttTarget, "cert" | "key" | "ca">): void {
  for (const path of ca === null ? [cert] : [cert, ca]) fs.accessSync(path, fs.constants.R_OK);
  for (const path of ca === null ? [cert, key] : [cert, key, ca])
    if (!fs.statSync(path).isFile()) throw new UnsafeFileError(`"${path}"`, "is not a regular file");
  checkPrivate(key, fs.statSync(key));
}
