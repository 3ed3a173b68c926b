import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { until } from "../until.js";
import { TOP } from "./flow-parts.js";

/** `packdrift fleet --json` of the built package, as a process of its own. */
export interface FleetProcess {
  readonly pid: number;
  /** The page's address, once it listens. */
  url(): Promise<string>;
  /** Resolves when an event was logged this many times. */
  logged(event: string, times?: number): Promise<void>;
  events(name: string): readonly Record<string, unknown>[];
  output(): string;
  signal(signal: NodeJS.Signals): void;
  /** Its exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  readonly gone: Promise<number | null>;
}

/** Starts it; it listens on a free port unless told otherwise. `program` may be that of an installed package. */
export function startFleetProcess(
  args: readonly string[],
  {
    node = process.execPath,
    program = join(TOP, "dist/packdrift.mjs"),
    env = {},
  }: { readonly node?: string; readonly program?: string; readonly env?: Readonly<Record<string, string>> } = {},
): FleetProcess {
  const listen = args.includes("--listen") ? [] : ["--listen", "0"];
  const child: ChildProcess = spawn(node, [program, "fleet", "--json", ...listen, ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (data) => (output += String(data)));
  const gone = new Promise<number | null>((resolve) => child.once("close", resolve));
  const events = (name: string) =>
    output.split("\n").flatMap((line) => {
      if (!line.includes(`"event":"${name}"`)) return [];
      return [JSON.parse(line) as Record<string, unknown>];
    });
  const logged = async (event: string, times = 1) => {
    let hasEnded = false;
    void gone.then(() => (hasEnded = true));
    const isThere = () => hasEnded || events(event).length >= times;
    await until(isThere).catch((error: unknown) => {
      throw new Error(`Expected "${event}", found: ${output}`, { cause: error });
    });
    if (hasEnded && events(event).length < times) throw new Error(`The fleet ended before "${event}": ${output}`);
  };
  return {
    pid: child.pid ?? 0,
    gone,
    events,
    logged,
    output: () => output,
    signal: (signal) => void child.kill(signal),
    async url() {
      await logged("fleet.listening");
      return String(events("fleet.listening")[0]?.url);
    },
    stop() {
      child.kill("SIGTERM");
      return gone;
    },
    async kill() {
      child.kill("SIGKILL");
      await gone;
    },
  };
}
