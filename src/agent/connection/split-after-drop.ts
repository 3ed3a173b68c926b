import { isObject, parseJson } from "../../base/json.js";
import type { FileStore } from "../../platform/file-store.js";

type Publish = (topic: string, payload: string, qos?: 0 | 1) => Promise<void>;

/** How the length of messages follows what the nucleus accepts. */
export interface MessageLimit {
  /** The same publish; messages under way are noted. */
  watched(publish: Publish): Publish;
  /** Call it at once when the connection drops: the calls under way are about to fail. */
  onLost(): void;
  /** How long a message may be, given the setting. */
  limit(maxMessageBytes: number): number;
  /** For the reports; null: the setting is not known yet and counts as unchanged. */
  problems(maxMessageBytes: number | null): readonly string[];
}

const FILE = "message-limit.json";
/** What nucleus lite accepts of any message without dropping the connection: 10,000 bytes of IPC message, base64 included. */
export const MOST_IPC_BYTES = 7_000;

/**
 * Notices when the connection drops while a long message is under way, which is how nucleus lite answers one that is too long,
 * and limits messages to 7,000 bytes from then on, over restarts, for as long as the setting that led to it stays: else each
 * start would send the same message and lose its connection again.
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
      } finally {
        underWay.delete(message);
      }
    },
    onLost() {
      if (![...underWay].some(({ bytes }) => bytes > MOST_IPC_BYTES)) return;
      refused = setting;
      try {
        store.write(FILE, JSON.stringify({ refusedMaxMessageBytes: refused }));
      } catch {
        // A work folder that cannot be written to is reported by the outbox.
      }
    },
    limit(maxMessageBytes) {
      setting = maxMessageBytes;
      return maxMessageBytes === refused ? Math.min(MOST_IPC_BYTES, maxMessageBytes) : maxMessageBytes;
    },
    problems(maxMessageBytes) {
      if (refused === null || (maxMessageBytes ?? refused) !== refused) return [];
      return [
        `The nucleus dropped the connection at a long message, so reports are split at ${MOST_IPC_BYTES} bytes in place of maxMessageBytes, which is ${refused}`,
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
