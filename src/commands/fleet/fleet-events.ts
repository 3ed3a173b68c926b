import type { Log } from "../../base/log.js";
import { hanging } from "../../base/terminal-text.js";
import { escapeControls } from "../../base/text.js";
import { lineWidth, type Terminal } from "../shared/terminal.js";

type Fields = Readonly<Record<string, unknown>>;

/**
 * Prints events as sentences, or as one JSON object per line. Warnings and errors go to standard error, with `json` everything to
 * standard output.
 */
export function fleetEvents(
  terminal: Pick<Terminal, "out" | "err" | "env" | "isTerminal" | "columns">,
  json: boolean,
  now: () => number,
): Log {
  const width = lineWidth(terminal);
  const line = (level: Level, event: string, fields: Fields) =>
    json
      ? `${JSON.stringify({ level, time: new Date(now()).toISOString(), event, ...fields })}\n`
      : `${hanging(escapeControls(`${LABELS[level]}${sentenceOf(event, fields)}`), width).join("\n")}\n`;
  const print =
    (level: Level, write: (text: string) => void) =>
    (event: string, fields: Fields = {}): void =>
      write(line(level, event, fields));
  return {
    debug: () => {},
    info: print("info", terminal.out),
    warn: print("warn", json ? terminal.out : terminal.err),
    error: print("error", json ? terminal.out : terminal.err),
  };
}

type Level = "info" | "warn" | "error";
const LABELS = { info: "", warn: "Warning: ", error: "Error: " } as const;

const SENTENCES: Readonly<Record<string, (fields: Fields) => string>> = {
  "fleet.listening": ({ url, store }) => `The fleet's page is ${url}, its store ${store}`,
  "fleet.opened": ({ things, reports }) => `${things} devices, ${reports} reports`,
  "fleet.no-broker": () => "No --broker: shows what is stored, and receives nothing",
  "broker.connected": ({ host, port, clientId, session }) =>
    `Connected to ${host}:${port} as ${clientId}${session === true ? ", which held messages for it" : ""}`,
  "broker.subscribed": () => "Subscribed: reports are received",
  "broker.failed": ({ host, port, message }) => `Cannot connect to ${host}:${port}: ${message}; trying again`,
  "broker.lost": ({ message }) => `Lost the connection to the broker: ${message}; trying again`,
  "broker.not-subscribed": ({ message }) => `Cannot subscribe: ${message}; trying again`,
  "store.failed": ({ message }) =>
    `Cannot store: ${message}; nothing is acknowledged until it can, and devices keep their reports`,
  "store.recovered": () => "The store can be used again",
  "store.ended": ({ message }) => `${message}; this process ends, since it can neither store nor show anything`,
  "messages.deferred": ({ waiting, bytes }) =>
    `${waiting} messages (${Math.round(Number(bytes) / 1_048_576)} MiB) wait to be stored: the broker holds further ones until then`,
  "messages.requested-again": ({ deferred }) =>
    `All of them are stored: receiving what the broker held (${deferred} since the start)`,
  "messages.dropped": ({ messages }) =>
    `Too many messages wait: ${messages} that the broker does not hold are dropped; devices send reports again`,
  "things.read": ({ file, things }) => `${file} has changed: ${things} things are expected to report`,
  "things.not-read": ({ file, message }) => `${file} has changed: ${message}; the previous list stays in force`,
  "keys.not-read": ({ message }) =>
    `${message}; the keys read before stay in force, reports signed with others are refused`,
  "keys.read-again": ({ folder }) => `Can read all keys in "${folder}" again`,
  "duty.taken": ({ duty }) => `This process now ${DUTIES[String(duty)]} for all that share the store`,
  "duty.lost": ({ duty }) => `This process no longer ${DUTIES[String(duty)]}: another does`,
  "peers.lost": ({ message }) => `Lost the session that holds locks in the database: ${message}; trying again`,
  "peers.recovered": () => "The session that holds locks in the database is open again",
  "store.not-read": ({ message }) => `Cannot read the store: ${message}; trying again`,
  "store.not-pruned": ({ message }) => `Cannot delete what is too old: ${message}; trying again`,
  "store.pruned": () => "What is too old can be deleted again",
  "message.failed": ({ topic, stack }) =>
    `A message on ${topic} cannot be stored and is left out; please report this: ${stack}`,
  "send.failed": ({ topic, message }) => `Cannot send to ${topic}: ${message}; trying again`,
  "jobs.skipped": ({ file, message }) => `Skipped in --jobs: ${file}: ${message}`,
  // Not every failure is a request's: the file of tokens cannot be read, a connection cannot be accepted.
  "page.failed": ({ url, message }) =>
    String(url).startsWith("/") ? `Cannot answer ${url}: ${message}` : String(message),
  "requests.failed": ({ message }) => `Cannot read or record requests to devices: ${message}; trying again`,
  "alarms.evaluation-failed": ({ why }) => `Cannot evaluate alarms: ${why}; trying again`,
  "alarms.evaluation-recovered": () => "Alarms are evaluated again",
  "alarms.sending-failed": ({ why }) => `Cannot send notices: ${why}; trying again`,
  "alarms.sending-recovered": () => "Notices are sent again",
  "alarms.notice-failed": ({ webhook, tries, why }) =>
    `The webhook "${webhook}" did not accept a notice (attempt ${tries}): ${why}; trying again`,
  "alarms.notice-refused": ({ webhook, notice, why }) =>
    `The webhook "${webhook}" will never accept notice ${notice}: ${why}; it is given up`,
  "alarms.notices-given-up": ({ webhook, notices }) =>
    `Gave up ${notices} notices: the webhook "${webhook}" has failed for too long`,
  "request.made": ({ id, command, things, by }) => `${by} asks ${things} devices for ${command} (${id})`,
};

/** What one process does for all, see store/peers.ts. */
const DUTIES: Readonly<Record<string, string>> = {
  devices: "sends requests to devices",
  alarms: "evaluates alarms and sends notices",
  retention: "deletes what is too old",
};

function sentenceOf(event: string, fields: Fields): string {
  const sentence = SENTENCES[event];
  if (sentence !== undefined) return sentence(fields);
  return [event, ...Object.entries(fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`)].join(" ");
}
