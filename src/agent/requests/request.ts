import { isObject, type JsonObject, parseJson } from "../../base/json.js";

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
  /** How many lives in a row have ended without a word while it was open. */
  readonly crashes?: number;
}

/** An answer that could not be sent for so long after its time is of no use to anybody. */
export const ANSWER_LIMIT_MS = 86_400_000;
/** Should a request be what ends the process, it is not tried for ever: the nucleus gives up after three errors an hour. */
const MOST_CRASHES = 1;

/**
 * Which requests were taken: a message can come twice, over a restart too, and is answered once. A request is open until its
 * answer has gone out; what a life leaves open (a broadcast that waits for its time, a check that was cut short) is
 * taken up by the next one.
 */
export function requestMemory(kept: string | null, save: (text: string) => void) {
  const { taken: known, open: left, ended } = parseMemory(kept);
  let taken = known;
  let open = ended ? left : left.map((request) => ({ ...request, crashes: (request.crashes ?? 0) + 1 }));
  let inherited = open;
  const keep = (how: { readonly ended?: true } = {}) => save(JSON.stringify({ taken, open, ...how }));
  return {
    /** False when this very request was taken before. */
    take(request: OpenRequest): boolean {
      const key = `${request.command}/${request.id}`;
      if (taken.includes(key) || open.some(({ command, id }) => `${command}/${id}` === key)) return false;
      taken = [...taken, key].slice(-MOST_REMEMBERED);
      open = [...open, request].slice(-MOST_REMEMBERED);
      keep();
      return true;
    },
    /** Its answer has gone out, or never will. */
    done({ command, id }: Pick<OpenRequest, "command" | "id">): void {
      const left = open.filter((request) => request.command !== command || request.id !== id);
      if (left.length === open.length) return;
      open = left;
      keep();
    },
    /** What earlier lives have left open, once in a life; what is given up for good is no longer open. */
    leftOver(nowMs: number): { readonly again: readonly OpenRequest[]; readonly givenUp: readonly OpenRequest[] } {
      const isHopeless = ({ crashes = 0, dueAt }: OpenRequest) =>
        crashes > MOST_CRASHES || nowMs - dueAt > ANSWER_LIMIT_MS;
      const [again, givenUp] = [inherited.filter((one) => !isHopeless(one)), inherited.filter(isHopeless)];
      open = open.filter((request) => !givenUp.includes(request));
      if (inherited.length > 0) keep();
      inherited = [];
      return { again, givenUp };
    },
    /** This life ends as it should: that it leaves something open is nobody's fault. */
    end(): void {
      if (open.length > 0) keep({ ended: true });
    },
  };
}

interface Kept {
  readonly taken: readonly string[];
  readonly open: readonly OpenRequest[];
  /** Whether the life that wrote it has ended as it should. */
  readonly ended: boolean;
}

function parseMemory(text: string | null): Kept {
  try {
    const { taken, open, ended } = parseJson(text ?? "{}") as Record<string, unknown>;
    return {
      taken: Array.isArray(taken) ? taken.filter((id): id is string => typeof id === "string") : [],
      open: Array.isArray(open) ? open.filter(isOpenRequest) : [],
      ended: ended === true,
    };
  } catch {
    return { taken: [], open: [], ended: false };
  }
}

function isOpenRequest(value: unknown): value is OpenRequest {
  const { command, id, dueAt, crashes = 0 } = (value ?? {}) as Record<string, unknown>;
  const isSound = COMMANDS.includes(String(command)) && typeof id === "string";
  return isSound && typeof dueAt === "number" && typeof crashes === "number";
}

function parse(payload: string): JsonObject | null {
  try {
    const body: unknown = parseJson(payload);
    return isObject(body) ? body : null;
  } catch {
    return null;
  }
}
