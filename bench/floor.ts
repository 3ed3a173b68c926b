// The smallest possible Greengrass component in Node: loads the IPC client, connects, publishes one constant message, stays.
import { createClient } from "aws-iot-device-sdk-v2/dist/greengrasscoreipc.js";

process.on("SIGTERM", () => process.exit(0));
const client = createClient();
await client.connect();
await client.publishToIoTCore({ topicName: "dt/packdrift/v1/bench/report", qos: "1" as never, payload: "{}" });
