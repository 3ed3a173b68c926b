import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Block } from "./pages.js";
import { TOP } from "./pages.js";

/** What a block of shell commands gave. */
export interface Ran {
  /** Standard output and error, as they came. */
  readonly output: string;
  /** The exit codes of the commands that did not end with 0, in order. */
  readonly failures: readonly number[];
}

/** Runs a page's blocks, one after the other, in one folder. Commands that are to go on running do so until `close`. */
export interface PageShell {
  run(block: Block): Promise<Ran>;
  close(): Promise<void>;
}

export function pageShell(folder: string, ports: { readonly archive: number; readonly fleet: number }): PageShell {
  const running: ReturnType<typeof spawn>[] = [];
  const env = {
    PATH: `${join(TOP, "test/docs/stand-ins")}:${join(process.execPath, "..")}:/usr/sbin:${process.env.PATH}`,
    HOME: folder,
    LANG: "C.UTF-8",
    COLUMNS: "100",
    PACKDRIFT_TOP: TOP,
    STAND_IN_ROOT: join(folder, "root"),
    ARCHIVE_PORT: String(ports.archive),
    FLEET_PORT: String(ports.fleet),
  };

  /** A shell that reports the exit code of each command that fails, and continues. */
  async function run({ text, note }: Block): Promise<Ran> {
    const commands = text
      .replaceAll("127.0.0.1:8080", `127.0.0.1:${ports.archive}`)
      .replaceAll("127.0.0.1:8400", `127.0.0.1:${ports.fleet}`);
    const script = `trap 'echo $? >&3' ERR\nset -o pipefail\n${commands}`;
    const child = spawn("bash", ["-c", script], {
      cwd: folder,
      env,
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "pipe"],
    });
    const until = /^until "(.+)"$/.exec(note ?? "")?.[1];
    let [output, codes] = ["", ""];
    const ended = once(child, "close");
    const seen = new Promise<void>((resolve) => {
      for (const stream of [child.stdout, child.stderr])
        stream?.on("data", (data: Buffer) => {
          output += data.toString();
          if (until !== undefined && output.includes(until)) resolve();
        });
    });
    child.stdio[3]?.on("data", (data: Buffer) => {
      codes += data.toString();
    });
    if (until === undefined) await ended;
    else {
      running.push(child);
      const first = await Promise.race([seen, ended.then(() => "ended" as const)]);
      if (first === "ended") throw new Error(`It ended before it said ${until}: ${output}`);
    }
    return {
      output,
      failures: codes
        .split("\n")
        .filter((line) => line !== "")
        .map(Number),
    };
  }

  async function close(): Promise<void> {
    const still = running.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    await Promise.all(
      still.map(async (child) => {
        const ended = once(child, "close");
        if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
        await ended;
      }),
    );
  }

  return { run, close };
}

/** The exit codes other than 0 that a note announces: `exits 1, 2`. Null for `exits any`, where they depend on the machine. */
export function announcedFailures(note: string | null): readonly number[] | null {
  if (note === "exits any") return null;
  const codes = /^exits (.+)$/.exec(note ?? "")?.[1];
  return codes === undefined ? [] : codes.split(", ").map(Number);
}

/**
 * Whether an output is what a page shows. `…` stands for any text within a line, and alone on a line for any lines; times are
 * not compared.
 */
export function isAsShown(output: string, shown: string): boolean {
  const pattern = plain(shown)
    .split("\n")
    .map((line) => (line.trim() === "…" ? "(?:.*\n)*?" : `${line.split("…").map(escaped).join(".*?")}\n`))
    .join("");
  return new RegExp(`^${pattern}$`).test(`${plain(output)}\n`);
}

function plain(text: string): string {
  return text
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME")
    .replace(/[ \t]+$/gm, "")
    .trimEnd();
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
