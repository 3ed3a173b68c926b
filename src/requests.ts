import { parseJson } from "./json.js";

/** What may be asked over IoT Core: `<prefix>/<thing>/<command>/req`, or `<prefix>/all/<command>/req` for every device. */
export type RequestCommand = "check" | "facts" | "flush";

/** What a message on a request topic is. */
export type Heard =
  /** `delayMs`: a broadcast is answered at a random time within the window that it gives. */
  | { readonly kind: "request"; readonly command: RequestCommand; readonly id: string; readonly delayMs: number }
  | { readonly kind: "refused"; readonly command: string; readonly id: string | null; readonly why: string }
  /** Another's: told to nobody. */
  | { readonly kind: "ignored"; readonly why: string };

const COMMANDS: readonly string[] = ["check", "facts", "flush"];
/** Answered elsewhere. */
const OTHERS: readonly string[] = ["ack"];
const MOST_BYTES = 4_096;
const MOST_SPREAD_SECONDS = 86_400;
const SPREAD_SECONDS = 300;

/** Reads a message on a request topic. `random` is from 0 to less than 1. Never throws. */
export function readRequest(
  topic: string,
  payload: string,
  place: { readonly prefix: string; readonly thing: string; readonly random: () => number },
): Heard {
  const { prefix, thing } = place;
  const own = `${prefix}/${thing}/`;
  const all = `${prefix}/all/`;
  // A thing may be called "all": then there is no broadcast for it.
  const isBroadcast = !topic.startsWith(own) && topic.startsWith(all);
  const [command = "", last, ...more] = topic.slice((isBroadcast ? all : own).length).split("/");
  const isOurs = topic.startsWith(own) || isBroadcast;
  if (!isOurs || last !== "req" || more.length > 0 || OTHERS.includes(command)) {
    return { kind: "ignored", why: `"${topic.slice(0, 200)}" is no request` };
  }
  // A fleet's worth of refusals would help nobody.
  const refuse = (id: string | null, why: string): Heard =>
    isBroadcast || !/^[a-z0-9-]{1,32}$/.test(command)
      ? { kind: "ignored", why }
      : { kind: "refused", command, id, why };

  const body = payload.length > MOST_BYTES ? null : parse(payload);
  if (body === null) return refuse(null, `must be a JSON object of at most ${MOST_BYTES} bytes`);
  const { id, spreadSeconds = SPREAD_SECONDS } = body;
  if (typeof id !== "string" || !/^[\w.:-]{1,64}$/.test(id)) {
    return refuse(null, 'needs "id": 1 to 64 letters, digits, ".", ":", "_" or "-"');
  }
  if (!COMMANDS.includes(command)) return refuse(id, `there is no such command, only ${COMMANDS.join(", ")}`);
  if (typeof spreadSeconds !== "number" || !(spreadSeconds >= 0 && spreadSeconds <= MOST_SPREAD_SECONDS)) {
    return refuse(id, `"spreadSeconds" must be a number from 0 to ${MOST_SPREAD_SECONDS}`);
  }
  const delayMs = isBroadcast ? Math.floor(place.random() * spreadSeconds * 1_000) : 0;
  return { kind: "request", command: command as RequestCommand, id, delayMs };
}

/** An answer on `<prefix>/<thing>/<command>/res`: schema `packdrift.response/1`. */
export interface Answer {
  readonly schema: "packdrift.response/1";
  readonly thing: string;
  readonly command: string;
  /** The request's; null when it could not be read. */
  readonly id: string | null;
  readonly status: "DONE" | "FAILED" | "REFUSED";
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly why?: string;
  readonly result?: unknown;
}

const MOST_REMEMBERED = 64;

/** A request that was taken and not answered yet. */
export interface OpenRequest {
  readonly command: RequestCommand;
  readonly id: string;
  /** Unix milliseconds. */
  readonly dueAt: number;
}

/**
 * Which requests were taken: a message can come twice, over a restart too, and is answered once. What was taken before a
 * restart and not answered, a broadcast that waits for its time above all, is answered after it.
 */
export function requestMemory(kept: string | null, save: (text: string) => void) {
  let { taken, open } = parseMemory(kept);
  let inherited = open;
  const keep = () => save(JSON.stringify({ taken, open }));
  return {
    /** False when this very request was taken before. */
    take(request: OpenRequest): boolean {
      const key = `${request.command}/${request.id}`;
      if (taken.includes(key)) return false;
      taken = [...taken, key].slice(-MOST_REMEMBERED);
      open = [...open, request].slice(-MOST_REMEMBERED);
      keep();
      return true;
    },
    done({ command, id }: Pick<OpenRequest, "command" | "id">): void {
      const left = open.filter((request) => request.command !== command || request.id !== id);
      if (left.length === open.length) return;
      open = left;
      keep();
    },
    /** What an earlier life has left. It is given once: what ends this process too is not tried for ever. */
    leftOver(): readonly OpenRequest[] {
      const left = inherited;
      inherited = [];
      open = open.filter((request) => !left.includes(request));
      if (left.length > 0) keep();
      return left;
    },
  };
}

function parseMemory(text: string | null): { taken: readonly string[]; open: readonly OpenRequest[] } {
  try {
    const { taken, open } = parseJson(text ?? "{}") as Record<string, unknown>;
    return {
      taken: Array.isArray(taken) ? taken.filter((id): id is string => typeof id === "string") : [],
      open: Array.isArray(open) ? open.filter(isOpenRequest) : [],
    };
  } catch {
    return { taken: [], open: [] };
  }
}

function isOpenRequest(value: unknown): value is OpenRequest {
  const { command, id, dueAt } = (value ?? {}) as Record<string, unknown>;
  return COMMANDS.includes(String(command)) && typeof id === "string" && typeof dueAt === "number";
}

function parse(payload: string): Record<string, unknown> | null {
  try {
    const body: unknown = parseJson(payload);
    return typeof body === "object" && body !== null && !Array.isArray(body) ? (body as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
