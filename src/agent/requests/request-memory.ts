import { isObject, parseJson } from "../../base/json.js";
import { isRequestCommand, type RequestCommand } from "./commands.js";

/** A request that was accepted but is not answered yet. */
export interface OpenRequest {
  readonly command: RequestCommand;
  readonly id: string;
  /** Unix milliseconds. */
  readonly dueAt: number;
  /** Whether it came on the topic of every device. */
  readonly isBroadcast?: boolean;
  /** How many sessions in a row ended unexpectedly while the request was open. */
  readonly crashes?: number;
}

/** Which requests were accepted and which of them are open. */
interface RequestMemory {
  /** "repeated": this request was accepted before. "full": too many of its kind are open, so it was not accepted. */
  accept(request: OpenRequest): "accepted" | "repeated" | "full";
  /** Closes a request: its answer was sent, or never will be. */
  done(request: Pick<OpenRequest, "command" | "id">): void;
  /** Returns the requests that earlier sessions left open, once; those given up are closed. */
  leftOver(nowMs: number): { readonly again: readonly OpenRequest[]; readonly givenUp: readonly OpenRequest[] };
  /** Notes that the session ends in an orderly way: the requests still open did not crash it. */
  end(): void;
}

/** How many accepted requests are remembered, and how many may be open. */
export const MOST_REMEMBERED = 64;
/** Broadcasts may be open for a day each, so they have a share of their own: requests to this device always find room. */
const MOST_BROADCASTS = MOST_REMEMBERED / 2;
/** An answer this late after the request was due is useless. */
export const ANSWER_LIMIT_MS = 86_400_000;
/** A request that may have crashed the process is retried once: the nucleus gives up after three errors in an hour. */
const MOST_CRASHES = 1;

/**
 * Remembers requests in a text that `save` stores, because a message can arrive twice, even across a restart, but is answered
 * once. The next session continues requests that this one leaves open: a broadcast not yet due, a check cut short. Flushes are
 * remembered for this session only.
 */
export function requestMemory(stored: string | null, save: (text: string) => void): RequestMemory {
  const before = parseMemory(stored);
  let taken = before.taken;
  let takenFlushes: readonly string[] = [];
  let open = before.ended ? before.open : before.open.map(afterCrash);
  let inherited = open;
  let ended = false;
  const store = () => save(JSON.stringify({ taken, open: open.filter(isStored), ...(ended ? { ended } : {}) }));
  return {
    accept(request) {
      const key = keyOf(request);
      const isRepeated = taken.includes(key) || takenFlushes.includes(key) || open.some((one) => keyOf(one) === key);
      if (isRepeated) return "repeated";
      if (!hasRoom(open, request)) return "full";
      open = [...open, request];
      if (isStored(request)) {
        taken = [...taken, key].slice(-MOST_REMEMBERED);
        store();
      } else {
        takenFlushes = [...takenFlushes, key].slice(-MOST_REMEMBERED);
      }
      return "accepted";
    },
    done(request) {
      const left = open.filter((one) => keyOf(one) !== keyOf(request));
      const isNew = left.length < open.length;
      open = left;
      if (isNew && isStored(request)) store();
    },
    leftOver(nowMs) {
      const givenUp = inherited.filter((one) => isHopeless(one, nowMs));
      const again = inherited.filter((one) => !givenUp.includes(one));
      open = open.filter((one) => !givenUp.includes(one));
      if (inherited.length > 0) store();
      inherited = [];
      return { again, givenUp };
    },
    end() {
      ended = true;
      if (open.some(isStored)) store();
    },
  };
}

/** A flush is not worth a write: repeating it is harmless, and a restart delivers waiting reports anyway. */
function isStored({ command }: Pick<OpenRequest, "command">): boolean {
  return command !== "flush";
}

function hasRoom(open: readonly OpenRequest[], { isBroadcast = false }: OpenRequest): boolean {
  if (open.length >= MOST_REMEMBERED) return false;
  return !isBroadcast || open.filter((one) => one.isBroadcast).length < MOST_BROADCASTS;
}

function keyOf({ command, id }: Pick<OpenRequest, "command" | "id">): string {
  return `${command}/${id}`;
}

function afterCrash(request: OpenRequest): OpenRequest {
  return { ...request, crashes: (request.crashes ?? 0) + 1 };
}

function isHopeless({ crashes = 0, dueAt }: OpenRequest, nowMs: number): boolean {
  return crashes > MOST_CRASHES || nowMs - dueAt > ANSWER_LIMIT_MS;
}

interface Stored {
  readonly taken: readonly string[];
  readonly open: readonly OpenRequest[];
  /** Whether the session that wrote this ended in an orderly way. */
  readonly ended: boolean;
}

function parseMemory(text: string | null): Stored {
  try {
    const found = parseJson(text ?? "{}");
    if (!isObject(found)) return EMPTY;
    const { taken, open, ended } = found;
    return {
      taken: Array.isArray(taken) ? taken.filter((key) => typeof key === "string") : [],
      open: Array.isArray(open) ? open.filter(isOpenRequest).filter(isStored) : [],
      ended: ended === true,
    };
  } catch {
    return EMPTY;
  }
}

const EMPTY: Stored = { taken: [], open: [], ended: false };

function isOpenRequest(value: unknown): value is OpenRequest {
  if (!isObject(value)) return false;
  const { command, id, dueAt, isBroadcast = false, crashes = 0 } = value;
  return (
    isRequestCommand(command) &&
    typeof id === "string" &&
    typeof dueAt === "number" &&
    typeof isBroadcast === "boolean" &&
    typeof crashes === "number"
  );
}
