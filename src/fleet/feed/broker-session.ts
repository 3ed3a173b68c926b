import { type Crt, tlsOptions } from "../../transports/mqtt/client-config.js";
import type { BrokerAddress } from "./broker-address.js";

/** What identifies a session. */
export interface SessionOptions {
  readonly address: BrokerAddress;
  readonly clientId: string;
  /** How many messages the broker sends before it waits for acknowledgements. */
  readonly receiveMaximum: number;
}

/** Less than the 15 minutes after which a device sends an unacknowledged report again. */
const SESSION_SECONDS = 300;
/** IoT Core carries 128 KiB; somewhat longer messages are received, so that they are counted as refused. */
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
    // From the first connection on, so that what the broker holds for a receiver that was killed goes to the next one.
    sessionBehavior: mqtt5.ClientSessionBehavior.RejoinAlways,
    // Messages that are not sent wait in the store.
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

/** Whether it is an endpoint of AWS IoT Core, which accepts 100 messages a second from one connection. */
export function isAws(host: string): boolean {
  return /\.amazonaws\.com(\.cn)?$/.test(host);
}
