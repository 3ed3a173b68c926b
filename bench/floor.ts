// The smallest possible Greengrass component in Node: loads the IPC client, connects, publishes one constant message, stays.
import { spawn } from "node:child_process";
import { createClient } from "aws-iot-device-sdk-v2/dist/greengrasscoreipc.js";

/** Started like packdrift's examiner, and does nothing: what two processes cost in any case. */
const child = process.env.FLOOR_CHILD === "yes" ? spawn(process.execPath, ["-e", "0"]) : null;
const ended = child === null ? null : new Promise((resolve) => child.once("exit", resolve));

process.on("SIGTERM", () => process.exit(0));
const client = createClient();
await client.connect();
await ended;
await client.publishToIoTCore({ topicName: "dt/packdrift/v1/bench/report", qos: "1" as never, payload: "{}" });
