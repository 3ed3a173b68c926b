// A receiver of your own: stores what devices report in a file, and acknowledges what is stored, and nothing else.
// npm install packdrift mqtt; then, compiled: node receiver.js mqtt://broker.example:1883 reports.ndjson
import { appendFileSync, closeSync, existsSync, fsyncSync, openSync, readFileSync } from "node:fs";
import { connect } from "mqtt";
import { type Received, type Report, receiver } from "packdrift";

const [url = "mqtt://127.0.0.1:1883", file = "reports.ndjson"] = process.argv.slice(2);
const reports = receiver();

// What was stored before tells where each device's reports go on.
for (const line of existsSync(file) ? readFileSync(file, "utf8").split("\n") : []) {
  if (line !== "") reports.receive(line);
}

const store = openSync(file, "a");
// The broker keeps messages for this id while the program is stopped, and sends them before anything is subscribed again.
const client = connect(url, {
  clientId: "packdrift-receiver",
  clean: false,
  protocolVersion: 5,
  properties: { sessionExpiryInterval: 86_400 },
});

client.on("message", (topic, payload) => {
  const thing = topic.split("/").at(-2) ?? "";
  const results = reports.receive(payload, thing);
  for (const result of results) log(result);
  // An early one is not acknowledged yet, and comes again, in order.
  const lines = results.flatMap((result) => (result.kind === "report" ? [`${JSON.stringify(result.report)}\n`] : []));
  if (lines.length > 0) {
    appendFileSync(store, lines.join(""));
    // On the disk, not only in the system's memory: after the acknowledgement the device deletes its copy.
    fsyncSync(store);
  }
  const upTo = reports.contiguous(thing);
  if (upTo !== null) client.publish(`cmd/packdrift/v1/${thing}/ack/req`, JSON.stringify(upTo), { qos: 1 });
});
await client.subscribeAsync(["dt/packdrift/v1/+/report", "dt/packdrift/v1/+/heartbeat"], { qos: 1 });
console.log(`Storing reports in ${file}`);

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, async () => {
    await client.endAsync();
    closeSync(store);
  });
}

function log(result: Received): void {
  if (result.kind === "report" || result.kind === "early") console.log(`${sentence(result.report)}`);
  else if (result.kind === "gap") console.log(`${result.thing} lost ${result.fromSequence} to ${result.toSequence}`);
  else if (result.kind === "refused") console.log(`Refused: ${result.why}`);
}

function sentence({ thing, job, drift, runnable }: Report): string {
  return `${thing} ${job.name ?? "no job"}: ${drift}, ${runnable}`;
}
