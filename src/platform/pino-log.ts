import pino from "pino";
import { terminalText } from "../base/terminal-text.js";

/**
 * One JSON line per event on standard output, written before the call returns.
 * Secrets are redacted in case a field carries one by mistake.
 */
export function pinoLog(level: string) {
  const destination = pino.destination({ fd: 1, sync: true });
  const logger = pino.pino(
    {
      level,
      base: null,
      messageKey: "event",
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: ["SVCUID", "authToken", "AWS_CONTAINER_AUTHORIZATION_TOKEN", "*.SVCUID", "*.authToken"],
    },
    { write: (line) => destination.write(terminalText(line, false)) },
  );
  type Write = (event: string, fields?: Readonly<Record<string, unknown>>) => void;
  const write =
    (to: "debug" | "info" | "warn" | "error"): Write =>
    (event, fields) =>
      logger[to](fields ?? {}, event);
  return {
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    setLevel(next: string) {
      logger.level = next;
    },
  };
}
