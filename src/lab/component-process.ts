import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { codeOf } from "../base/errors.js";

/** How a process ended: exactly one is not null. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A script to run in its own process. */
interface ScriptProcessOptions {
  readonly script: string;
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly onLine: (stream: "stdout" | "stderr", line: string) => void;
}

/** A running script with the processes that it started. */
export interface ScriptProcess {
  readonly pid: number | undefined;
  /** Resolves when the script has ended and its output has been read; never rejects. */
  readonly exited: Promise<Exit>;
  /** SIGTERM to the whole process group, SIGKILL to what is left after `graceMs`. */
  stop(graceMs: number): Promise<Exit>;
  /** Any signal to the whole process group. */
  kill(signal: NodeJS.Signals): void;
}

/** Runs `sh -c script` in a new process group, with exactly the given environment. */
export function startScript({ script, folder, environment, onLine }: ScriptProcessOptions): ScriptProcess {
  const child = spawn("sh", ["-c", script], {
    cwd: folder,
    env: environment,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  createInterface({ input: child.stdout }).on("line", (line) => onLine("stdout", line));
  createInterface({ input: child.stderr }).on("line", (line) => onLine("stderr", line));
  const exited = new Promise<Exit>((resolve) => {
    // No shell or no such folder: a nucleus reports that like a failed start.
    child.once("error", (error) => {
      onLine("stderr", error.message);
      resolve({ code: 127, signal: null });
    });
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  const kill = (signal: NodeJS.Signals) => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, signal);
    } catch (error) {
      if (codeOf(error) !== "ESRCH") throw error;
    }
  };
  return {
    pid: child.pid,
    exited,
    kill,
    async stop(graceMs) {
      kill("SIGTERM");
      const timer = setTimeout(() => kill("SIGKILL"), graceMs);
      const exit = await exited;
      clearTimeout(timer);
      return exit;
    },
  };
}
