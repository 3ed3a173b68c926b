// What the benches of the fleet share: a broker, `packdrift fleet` as a process, and its memory.
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { TOP } from "../scripts/build/paths.mjs";

export const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Waits until something holds, five minutes at most. */
export async function until(what, holds) {
  const limit = performance.now() + 300_000;
  while (!(await holds())) {
    if (performance.now() > limit) throw new Error(`Waited too long until ${what}`);
    await wait(20);
  }
}

export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** mosquitto on a free port of loopback, without limits. `closing` gets the function that ends it. */
export async function startMosquitto(folder, closing) {
  const port = await freePort();
  const file = join(folder, "mosquitto.conf");
  const lines = [
    `listener ${port} 127.0.0.1`,
    "allow_anonymous true",
    "max_queued_messages 0",
    "max_inflight_messages 1000",
  ];
  writeFileSync(file, `${lines.join("\n")}\n`);
  const child = spawn("/usr/sbin/mosquitto", ["-c", file], { stdio: "ignore" });
  closing.push(() => child.kill("SIGKILL"));
  const url = `mqtt://127.0.0.1:${port}`;
  const { connectBroker } = await import("../dist/lab.mjs");
  await until("mosquitto listens", async () => {
    const connected = await connectBroker(url).catch(() => null);
    await connected?.close();
    return connected !== null;
  });
  return url;
}

/** The built `packdrift fleet` as a process that receives from the broker; resolves once it serves and has subscribed. */
export async function startFleet(brokerUrl, store, closing, options = []) {
  const args = ["fleet", "--json", "--broker", brokerUrl, "--store", store, "--listen", "127.0.0.1:0", ...options];
  const child = spawn(process.execPath, [join(TOP, "dist/packdrift.mjs"), ...args]);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  const gone = new Promise((resolve) => child.once("exit", resolve));
  closing.push(() => {
    child.kill("SIGTERM");
    return gone;
  });
  const address = () => /"url":"(http:[^"]+)"/.exec(output)?.[1];
  await until("the fleet listens and has subscribed", () => {
    if (child.exitCode !== null) throw new Error(`The fleet ended: ${output}`);
    return address() !== undefined && output.includes("broker.subscribed");
  });
  return { url: address(), rss: () => memoryOf(child.pid, "VmRSS"), peak: () => memoryOf(child.pid, "VmHWM") };
}

/** In MB. */
function memoryOf(pid, what) {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Math.round(Number(new RegExp(`^${what}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0) / 1_024);
}

/** A percentile. */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
