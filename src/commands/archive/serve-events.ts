import { hanging } from "../../base/terminal-text.js";
import { escapeControls } from "../../base/text.js";
import { quoted } from "../../job/job-names.js";
import { lineWidth, type Terminal } from "../shared/terminal.js";

/** How much `archive serve` prints. */
export const LOG_LEVELS = ["debug", "info", "warn"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

type Fields = Readonly<Record<string, unknown>>;

/** Prints events as text, or as one JSON object per line. */
export interface ServeEvents {
  /** Null if this level is not printed. */
  readonly debug: ((event: string, fields: Fields) => void) | null;
  info(event: string, fields: Fields): void;
  warn(event: string, fields: Fields): void;
}

/** Events of `level` and above. Warnings go to standard error, with `json` everything to standard output. */
export function serveEvents(terminal: Terminal, json: boolean, level: LogLevel): ServeEvents {
  const line = (event: string, fields: Fields): string =>
    json
      ? `${JSON.stringify({ event, time: new Date().toISOString(), ...fields })}\n`
      : `${hanging(escapeControls(textOf(event, fields)), lineWidth(terminal)).join("\n")}\n`;
  const print = (event: string, fields: Fields): void => terminal.out(line(event, fields));
  return {
    debug: level === "debug" ? print : null,
    info: level === "warn" ? () => {} : print,
    warn: json ? print : (event, fields) => terminal.err(line(event, fields)),
  };
}

function textOf(event: string, fields: Fields): string {
  switch (event) {
    case "archive.listening": {
      const who = fields.signed ? "signed requests" : "no credentials: this machine only";
      return `Archive ${fields.dir} listens on ${fields.url} (${who})`;
    }
    case "archive.checked":
      return `${fields.jobs} jobs in ${fields.projects} projects, ${fields.skipped} damaged files skipped`;
    case "archive.request":
      return `${fields.address} ${fields.method} ${quoted(fields.url, 310)} ${fields.status} in ${fields.ms} ms`;
    case "archive.requests": {
      const { requests, answered, refused, throttled, failed } = fields;
      return `${requests} requests: ${answered} answered, ${refused} refused, ${throttled} throttled, ${failed} failed`;
    }
    case "archive.skipped":
      return `Skipped ${fields.file}: ${fields.why}`;
    default:
      return `Warning: ${fields.url === undefined ? "" : `${quoted(fields.url, 300)}: `}${fields.why}`;
  }
}
