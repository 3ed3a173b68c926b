import type { Log } from "../../base/log.js";

/** A line of JSON for each event from `info` on, as `--json` prints them. */
export function jsonLog(write: (line: string) => void, now: () => number): Log {
  const log =
    (level: string): Log["info"] =>
    (event, fields) =>
      write(`${JSON.stringify({ level, time: new Date(now()).toISOString(), event, ...fields })}\n`);
  return { debug: () => {}, info: log("info"), warn: log("warn"), error: log("error") };
}
