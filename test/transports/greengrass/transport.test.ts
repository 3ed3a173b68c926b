import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBroker } from "../../../src/lab/broker.js";
import { connectBroker } from "../../../src/lab/mqtt-port.js";
import { startNucleus } from "../../../src/lab/nucleus.js";
import { connectGreengrass } from "../../../src/transports/greengrass/connection.js";
import { transportSuite } from "../../outbox/transport-suite.js";

const NAME = "io.packdrift.Monitor";

for (const flavour of ["classic", "lite"] as const) {
  transportSuite(`ipc (${flavour} nucleus)`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "packdrift-ipc-"));
    const broker = await startBroker();
    const cloud = await connectBroker(broker.url);
    const operations = ["aws.greengrass#PublishToIoTCore"];
    const policy = { operations, resources: ["dt/packdrift/v1/*"] };
    const nucleus = await startNucleus({
      flavour,
      rootFolder: folder,
      broker: cloud,
      components: [{ name: NAME, accessControl: { "aws.greengrass.ipc.mqttproxy": { [`${NAME}:1`]: policy } } }],
    });
    const arrived: string[] = [];
    await cloud.subscribe("dt/packdrift/v1/#", 1, ({ payload }) => void arrived.push(payload.toString("utf8")));
    Object.assign(process.env, nucleus.environmentOf(NAME));
    const greengrass = await connectGreengrass({ onLost: () => {}, onTrouble: () => {} });
    return {
      topic: "dt/packdrift/v1/line-4/report",
      arrived: () => arrived,
      transport: { name: "ipc", inFlight: 1, publish: (topic, payload) => greengrass.publish(topic, payload) },
      async breakOff() {
        nucleus.answerWith("PublishToIoTCore", { error: "ServiceError", message: "offline" }, 1);
      },
      restore: async () => {},
      async close() {
        await greengrass.close();
        await nucleus.close();
        await cloud.close();
        await broker.close();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  });
}
