import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** What an idle keeper says of itself. */
export interface Idle {
  readonly wallMs: number;
  readonly heapBytes: number;
}

/** The other side of jump.cjs. */
export interface Conductor {
  /** For the component's process. */
  readonly environment: Readonly<Record<string, string>>;
  /** The component's present time, in ms since 1970. */
  now(): number;
  close(): Promise<void>;
}

/**
 * Answers each idle keeper with how far it may jump at most, in ms; 0 is not now. `atIdle` is asked once at a time. `leak` makes the
 * keeper leak on purpose.
 */
export async function startConductor(
  folder: string,
  leak: boolean,
  atIdle: (idle: Idle) => Promise<number>,
): Promise<Conductor> {
  const clock = join(folder, "clock");
  const path = join(folder, "week.sock");
  writeFileSync(clock, "0");
  let offsetMs = 0;
  let last = Promise.resolve();
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    const lines = createInterface({ input: socket });
    lines.on("error", () => undefined);
    lines.on("line", (line) => {
      const idle = JSON.parse(line) as Idle;
      offsetMs = idle.wallMs - Date.now();
      last = last.then(async () => {
        const mostMs = await atIdle(idle);
        if (!socket.destroyed) socket.write(`${mostMs}\n`);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    environment: {
      NODE_OPTIONS: `--require ${join(import.meta.dirname, "../../test/week/jump.cjs")}`,
      PACKDRIFT_WEEK_CLOCK: clock,
      PACKDRIFT_WEEK_SOCKET: path,
      ...(leak ? { PACKDRIFT_WEEK_LEAK: "1" } : {}),
    },
    now: () => Date.now() + offsetMs,
    close: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}
