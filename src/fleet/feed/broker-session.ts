import { type Crt, tlsOptions } from "../../transports/mqtt/client-config.js";
import type { BrokerAddress } from "./broker-address.js";

/** What tells one session from another. */
export interface SessionOptions {
  readonly address: BrokerAddress;
  readonly clientId: string;
  /** How many messages the broker sends before it waits for acknowledgements. */
  readonly receiveMaximum: number;
}

/** Less than the quarter of an hour after which a device sends an unacknowledged report again. */
const SESSION_SECONDS = 300;
/** IoT Core carries 128 KiB; what is somewhat longer is received, so that it is counted as refused. */
const MOST_PACKET_BYTES = 256 * 1_024;
const KEEP_ALIVE_SECONDS = 30;

/** The configuration of a client whose session outlives its connections, and its process for five minutes. */
export function sessionConfig(
  { mqtt5, io }: Crt,
  { address, clientId, receiveMaximum }: SessionOptions,
): ConstructorParameters<Crt["mqtt5"]["Mqtt5Client"]>[0] {
  const { host, port, tls } = address;
  return {
    hostName: host,
    port,
    ...(tls === null ? {} : { tlsCtx: new io.ClientTlsContext(tlsOptions(io, { ...tls, port })) }),
    disableMetrics: true,
    connectProperties: {
      clientId,
      keepAliveIntervalSeconds: KEEP_ALIVE_SECONDS,
      sessionExpiryIntervalSeconds: SESSION_SECONDS,
      maximumPacketSizeBytes: MOST_PACKET_BYTES,
      receiveMaximum,
    },
    // From the first connection on: what the broker holds for a receiver that was killed comes to the next.
    sessionBehavior: mqtt5.ClientSessionBehavior.RejoinAlways,
    // What is not sent waits in the store.
    offlineQueueBehavior: mqtt5.ClientOperationQueueBehavior.FailAllOnDisconnect,
    retryJitterMode: mqtt5.RetryJitterType.Full,
    minReconnectDelayMs: 500,
    maxReconnectDelayMs: 30_000,
    minConnectedTimeToResetReconnectDelayMs: 10_000,
    pingTimeoutMs: 10_000,
    connackTimeoutMs: 15_000,
    ...(isAws(host) && {
      extendedValidationAndFlowControlOptions: mqtt5.ClientExtendedValidationAndFlowControl.AwsIotCoreDefaults,
    }),
    topicAliasingOptions: {
      outboundBehavior: mqtt5.OutboundTopicAliasBehaviorType.Disabled,
      inboundBehavior: mqtt5.InboundTopicAliasBehaviorType.Disabled,
    },
  };
}

/** Whether it is an endpoint of AWS IoT Core, which takes 100 messages a second from one connection. */
export function isAws(host: string): boolean {
  return /\.amazonaws\.com(\.cn)?$/.test(host);
}
