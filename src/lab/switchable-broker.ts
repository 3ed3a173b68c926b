import { type Broker, startBroker } from "./broker.js";

/** The lab's own broker, which can be away for a time. */
export interface SwitchableBroker {
  readonly url: string;
  /** Frees the port; does nothing while it is stopped. */
  stop(): Promise<void>;
  /** Starts it again on its port. */
  start(): Promise<void>;
}

/** Starts a broker on a port that the system chooses. */
export async function switchableBroker(): Promise<SwitchableBroker> {
  let running: Broker | null = await startBroker();
  const { url, port } = running;
  return {
    url,
    async stop() {
      const stopping = running;
      running = null;
      await stopping?.close();
    },
    async start() {
      running ??= await startBroker({ port });
    },
  };
}
