import { isObject, parseJson } from "../../base/json.js";
import { WORK_FILES } from "../../base/work-files.js";
import type { FileStore } from "../../platform/file-store.js";

type Publish = (topic: string, payload: string, qos?: 0 | 1) => Promise<void>;

/** Limits the length of messages to what the nucleus accepts. */
export interface MessageLimit {
  /** Wraps `publish` to keep track of messages in flight. */
  watched(publish: Publish): Publish;
  /** Call this at once when the connection drops: the calls in flight are about to fail. */
  onLost(): void;
  /** The longest message, in bytes, given the setting. */
  limit(maxMessageBytes: number): number;
  /** Problems for the reports. Null: the setting is not known yet, and counts as unchanged. */
  problems(maxMessageBytes: number | null): readonly string[];
}

const FILE = WORK_FILES.messageLimit;
/** Nucleus lite accepts this much without dropping the connection: its limit is a 10,000-byte IPC message, base64 included. */
export const MOST_IPC_BYTES = 7_000;
/** The longest time from the failure of a call to the report of the drop that made it fail. */
const DROP_REPORTED_MS = 500;

/**
 * Nucleus lite drops the connection when a message is too long. When the connection drops while a long message is in flight,
 * this limits messages to 7,000 bytes, across restarts, until the setting changes. Otherwise every start would send the same
 * message and lose its connection again.
 */
export function splitAfterDrop(store: Pick<FileStore, "read" | "write">): MessageLimit {
  let refused = read(store);
  let setting = 0;
  const underWay = new Set<{ readonly bytes: number }>();
  return {
    watched: (publish) => async (topic, payload, qos) => {
      // Characters are close enough to bytes: our JSON texts are nearly all ASCII.
      const message = { bytes: payload.length };
      underWay.add(message);
      try {
        await publish(topic, payload, qos);
        underWay.delete(message);
      } catch (error) {
        // A call fails by the drop itself, and may do so before the drop is reported.
        setTimeout(() => underWay.delete(message), DROP_REPORTED_MS).unref();
        throw error;
      }
    },
    onLost() {
      if (![...underWay].some(({ bytes }) => bytes > MOST_IPC_BYTES)) return;
      refused = setting;
      try {
        store.write(FILE, JSON.stringify({ refusedMaxMessageBytes: refused }));
      } catch {
        // The outbox reports a work folder that cannot be written to.
      }
    },
    limit(maxMessageBytes) {
      setting = maxMessageBytes;
      return maxMessageBytes === refused ? Math.min(MOST_IPC_BYTES, maxMessageBytes) : maxMessageBytes;
    },
    problems(maxMessageBytes) {
      if (refused === null || (maxMessageBytes ?? refused) !== refused) return [];
      return [
        `The nucleus dropped the connection on a long message, so reports are split at ${MOST_IPC_BYTES} bytes instead of maxMessageBytes, which is ${refused}`,
      ];
    },
  };
}

function read(store: Pick<FileStore, "read">): number | null {
  try {
    const found = parseJson(store.read(FILE) ?? "{}");
    return isObject(found) && typeof found.refusedMaxMessageBytes === "number" ? found.refusedMaxMessageBytes : null;
  } catch {
    return null;
  }
}
