import { jsonObjectIn } from "../../base/json.js";
import { isRequestCommand, REQUEST_COMMANDS, type RequestCommand } from "./commands.js";

/** A parsed message from a request topic. */
export type ReceivedRequest =
  /** `delayMs`: broadcasts are performed at a random time within the window they name. */
  | {
      readonly kind: "request";
      readonly command: RequestCommand;
      readonly id: string;
      readonly isBroadcast: boolean;
      readonly delayMs: number;
    }
  | { readonly kind: "refused"; readonly command: string; readonly id: string | null; readonly why: string }
  /** Not a request to this device, or one that must not be answered. */
  | { readonly kind: "ignored"; readonly why: string };

/** Commands on the same topics, handled elsewhere (cloud.ts). */
const OTHER_COMMANDS: readonly string[] = ["ack"];
const MOST_BYTES = 4_096;
/** The longest time over which a broadcast may be spread. */
export const MOST_SPREAD_SECONDS = 86_400;
const SPREAD_SECONDS = 300;

/** Parses a message from a request topic. `random` is from 0 to less than 1. Never throws. */
export function readRequest(
  topic: string,
  payload: string,
  { prefix, thing, random }: { readonly prefix: string; readonly thing: string; readonly random: () => number },
): ReceivedRequest {
  const address = addressIn(topic, prefix, thing);
  if (address === null || OTHER_COMMANDS.includes(address.command)) {
    return { kind: "ignored", why: `"${topic.slice(0, 200)}" is not a request topic` };
  }
  const { command, isBroadcast } = address;
  const refuse = (id: string | null, why: string): ReceivedRequest =>
    // Never refuse a broadcast: every device would answer.
    isBroadcast || !/^[a-z0-9-]{1,32}$/.test(command)
      ? { kind: "ignored", why }
      : { kind: "refused", command, id, why };

  const body = payload.length > MOST_BYTES ? null : jsonObjectIn(payload);
  if (body === null) return refuse(null, `must be a JSON object of at most ${MOST_BYTES} bytes`);
  const { id, spreadSeconds = SPREAD_SECONDS } = body;
  if (typeof id !== "string" || !/^[\w.:-]{1,64}$/.test(id)) {
    return refuse(null, 'needs "id": 1 to 64 letters, digits, ".", ":", "_" or "-"');
  }
  if (!isRequestCommand(command)) {
    return refuse(id, `there is no such command, only ${REQUEST_COMMANDS.join(", ")}`);
  }
  if (typeof spreadSeconds !== "number" || !(spreadSeconds >= 0 && spreadSeconds <= MOST_SPREAD_SECONDS)) {
    return refuse(id, `"spreadSeconds" must be a number from 0 to ${MOST_SPREAD_SECONDS}`);
  }
  const delayMs = isBroadcast ? Math.floor(random() * spreadSeconds * 1_000) : 0;
  return { kind: "request", command, id, isBroadcast, delayMs };
}

/** The command in a request topic; null for any other topic. */
function addressIn(topic: string, prefix: string, thing: string) {
  const own = `${prefix}/${thing}/`;
  const all = `${prefix}/all/`;
  // A thing may be named "all": then its own topic and the broadcast topic are the same, and messages count as its own.
  const isBroadcast = !topic.startsWith(own) && topic.startsWith(all);
  if (!isBroadcast && !topic.startsWith(own)) return null;
  const [command = "", last, ...more] = topic.slice((isBroadcast ? all : own).length).split("/");
  return last === "req" && more.length === 0 ? { command, isBroadcast } : null;
}
