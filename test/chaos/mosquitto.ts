import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";

/** A mosquitto that asks for a certificate on one port, and nothing on another, both on loopback. */
export interface Mosquitto {
  readonly tlsPort: number;
  readonly plainPort: number;
  start(): Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  signal(signal: "SIGSTOP" | "SIGCONT"): void;
  /** What it has logged; every packet with `verbose`. */
  log(): string;
}

/** What makes it another broker. */
export interface MosquittoOptions {
  /** Names the server's certificate; default `server`. */
  readonly certificate?: string;
  /** A topic on which nobody may publish, and to which nobody may subscribe until somebody publishes ALLOW to CONTROL. */
  readonly denied?: string;
  readonly verbose?: boolean;
}

/** Prepares a broker in a folder with certificates (certificates.ts); `start` starts it. */
export async function mosquitto(
  folder: string,
  { certificate = "server", denied, verbose = false }: MosquittoOptions = {},
): Promise<Mosquitto> {
  const [tlsPort, plainPort] = [await freePort(), await freePort()];
  const configuration = join(folder, `mosquitto-${tlsPort}.conf`);
  const lines = [
    "per_listener_settings false",
    "allow_anonymous true",
    "persistence false",
    "user root",
    "max_queued_messages 0",
    "max_inflight_messages 0",
    ...(denied === undefined ? [] : denial(join(folder, `mosquitto-${tlsPort}.json`), denied)),
    "log_dest stderr",
    `log_type ${verbose ? "all" : "error"}`,
    `listener ${tlsPort} 127.0.0.1`,
    `cafile ${folder}/ca.pem`,
    `certfile ${folder}/${certificate}.pem`,
    `keyfile ${folder}/${certificate}.key`,
    "require_certificate true",
    `listener ${plainPort} 127.0.0.1`,
  ];
  writeFileSync(configuration, `${lines.join("\n")}\n`);
  let child: ChildProcess | null = null;
  let log = "";
  return {
    tlsPort,
    plainPort,
    async start() {
      child = spawn("/usr/sbin/mosquitto", ["-c", configuration], { stdio: ["ignore", "ignore", "pipe"] });
      child.stderr?.on("data", (data) => {
        log += String(data);
      });
      const ended = new Promise<never>((_, reject) => {
        child?.once("exit", (code) => reject(new Error(`mosquitto ended with ${code} before it listened: ${log}`)));
      });
      ended.catch(() => undefined);
      for (const port of [plainPort, tlsPort]) await Promise.race([listening(port), ended]);
    },
    async kill() {
      const dying = child;
      child = null;
      if (dying === null || dying.exitCode !== null || dying.signalCode !== null) return;
      const gone = new Promise((resolve) => dying.once("exit", resolve));
      dying.kill("SIGKILL");
      await gone;
    },
    signal: (signal) => void child?.kill(signal),
    log: () => log,
  };
}

export const CONTROL = "$CONTROL/dynamic-security/v1";

/** The command that revokes a denial. */
export const ALLOW = (topic: string) =>
  JSON.stringify({ commands: [{ command: "removeRoleACL", rolename: "all", acltype: "subscribeLiteral", topic }] });

/** The lines of a configuration by which mosquitto's own plugin keeps everybody from a topic. */
function denial(file: string, topic: string): string[] {
  const acls = [
    { acltype: "subscribeLiteral", topic, priority: 1, allow: false },
    { acltype: "publishClientSend", topic, priority: 1, allow: false },
    { acltype: "publishClientSend", topic: CONTROL, priority: 0, allow: true },
  ];
  const rest = { publishClientSend: true, publishClientReceive: true, subscribe: true, unsubscribe: true };
  const rules = {
    defaultACLAccess: rest,
    anonymousGroup: "all",
    clients: [],
    groups: [{ groupname: "all", roles: [{ rolename: "all" }] }],
    roles: [{ rolename: "all", acls }],
  };
  writeFileSync(file, JSON.stringify(rules));
  const places = readdirSync("/usr/lib").map((each) => `/usr/lib/${each}/mosquitto_dynamic_security.so`);
  const plugin = places.find((path) => existsSync(path));
  return [`plugin ${plugin}`, `plugin_opt_config_file ${file}`];
}

// Below the range from which systems choose ports: while a broker is down, nothing else gets its port.
const LOWEST_PORT = 10_000;
const PORTS = 20_000;

/** A free port on loopback, for a server that stops and comes back. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST_PORT + Math.floor(Math.random() * PORTS);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

async function listening(port: number): Promise<void> {
  for (const limit = Date.now() + 10_000; ; ) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true));
      socket.once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (open) return;
    if (Date.now() > limit) throw new Error(`mosquitto does not listen on ${port}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
