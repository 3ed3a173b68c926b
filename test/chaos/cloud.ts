import { connect, type MqttClient } from "mqtt";
import { ACK, REPORTS, THING } from "./device.js";
import type { openLedger } from "./ledger.js";

/** The cloud: receives what the broker has and acknowledges what is contiguous, as a rule and a function would. */
export function startCloud(port: number, ledger: ReturnType<typeof openLedger>) {
  const client: MqttClient = connect(`mqtt://127.0.0.1:${port}`, {
    protocolVersion: 5,
    clientId: "cloud",
    clean: false,
    properties: { sessionExpiryInterval: 3_600 },
    reconnectPeriod: 50,
    connectTimeout: 1_000,
    keepalive: 2,
  });
  client.on("error", () => undefined);
  client.on("message", (_topic, payload) => ledger.arrive(payload));
  const acknowledge = () => {
    const contiguous = ledger.contiguous(THING);
    if (contiguous !== null && client.connected) client.publish(ACK, JSON.stringify(contiguous), { qos: 1 });
  };
  const timer = setInterval(acknowledge, 100);
  const ready = new Promise<void>((resolve) => {
    client.on("connect", () => client.subscribe(REPORTS, { qos: 1 }, () => resolve()));
  });
  return {
    ready,
    async close() {
      clearInterval(timer);
      await client.endAsync(true);
    },
  };
}
