import type { MqttPort } from "../../src/lab/mqtt-port.js";
import { shadowStore } from "../../src/lab/shadows.js";

/** IoT Core's shadow service on a broker, for one thing's shadow "packdrift": topics get and update, answers by client token. */
export async function startCloudShadow(cloud: MqttPort, thingName: string) {
  const base = `$aws/things/${thingName}/shadow/name/packdrift`;
  const address = { thingName, shadowName: "packdrift" };
  const written: { at: number; reported: Record<string, unknown>; bytes: number }[] = [];
  const waiting = new Set<() => void>();
  const send = (suffix: string, document: object) =>
    cloud.publish(`${base}/${suffix}`, Buffer.from(JSON.stringify(document)), { qos: 1 });
  const store = shadowStore(Date.now, (_, suffix, document) => void send(suffix, document));
  const answer = (kind: string, action: () => void, clientToken: unknown) => {
    try {
      action();
    } catch (error) {
      const code =
        { ConflictError: 409, ResourceNotFoundError: 404 }[String((error as { shape?: string }).shape)] ?? 400;
      void send(`${kind}/rejected`, { code, message: String(error), clientToken });
    }
  };
  await cloud.subscribe(`${base}/update`, 1, ({ payload }) => {
    const document = JSON.parse(payload.toString());
    answer(
      "update",
      () => {
        store.update(address, document);
        const { reported } = document.state;
        if (reported === undefined) return;
        written.push({ at: performance.now(), reported, bytes: payload.length });
        for (const look of [...waiting]) look();
      },
      document.clientToken,
    );
  });
  await cloud.subscribe(`${base}/get`, 1, ({ payload }) => {
    const { clientToken } = JSON.parse(payload.toString() || "{}");
    answer("get", () => void send("get/accepted", { ...store.get(address), clientToken }), clientToken);
  });
  return {
    written,
    state: () => store.get(address).state as Record<string, Record<string, unknown>>,
    desire: (desired: object) => void store.update(address, { state: { desired } }),
    /** Resolves with the first write, past or to come, that fits. */
    next(fits: (reported: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
      return new Promise((resolve) => {
        const look = () => {
          const found = written.find(({ reported }) => fits(reported));
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found.reported);
        };
        waiting.add(look);
        look();
      });
    },
  };
}
