import { patchStreams } from "./native-part.js";

/** AWS's client of the nucleus. */
export type Sdk = typeof import("aws-iot-device-sdk-v2/dist/greengrasscoreipc.js");
export type Client = InstanceType<Sdk["Client"]>;
export type Model = Sdk["model"];

/** A subscription made by the client, typed by its messages only. */
export type SdkStream<M> = import("aws-iot-device-sdk-v2/dist/eventstream_rpc.js").StreamingOperation<
  unknown,
  unknown,
  void,
  M
>;

/** Loads the client when it is first used: its native part costs 60 ms of CPU and 5 MB. */
export async function loadSdk(): Promise<Sdk> {
  const sdk = await import("aws-iot-device-sdk-v2/dist/greengrasscoreipc.js");
  await patchStreams();
  return sdk;
}
