import { parseJson } from "../../base/json.js";

/** A file of its own for each name. */
interface Files {
  read(name: string): string | null;
  write(name: string, text: string): void;
}

type Publish = (topic: string, payload: string, qos?: 0 | 1) => Promise<void>;

const FILE = "message-limit.json";
/** What nucleus lite takes: 10,000 bytes of IPC message, base64 included. */
const SAFE_BYTES = 7_000;

/**
 * Notices when a connection is dropped while a long message is under way, which is how nucleus lite answers one that is
 * too long for it, and has messages split at 7,000 bytes from then on, over restarts, for as long as the setting that led
 * to it stays: else each start would send the same message and lose its connection again.
 */
export function splitAfterDrop(files: Files) {
  let refused = read(files);
  let setting = 0;
  const underWay = new Set<{ readonly bytes: number }>();
  return {
    /** The same publish, with an eye on it. */
    watched:
      (publish: Publish): Publish =>
      async (topic, payload, qos) => {
        // Characters are bytes enough here: JSON texts of ours are nearly all ASCII.
        const message = { bytes: payload.length };
        underWay.add(message);
        try {
          await publish(topic, payload, qos);
        } finally {
          underWay.delete(message);
        }
      },
    /** To be called at once: the calls that a drop ends are about to fail. */
    onLost(): void {
      if (![...underWay].some(({ bytes }) => bytes > SAFE_BYTES)) return;
      refused = setting;
      try {
        files.write(FILE, JSON.stringify({ refusedMaxMessageBytes: refused }));
      } catch {
        // A work folder that cannot be written to is told of by the outbox.
      }
    },
    /** How long a message may be, given the setting. */
    limit(maxMessageBytes: number): number {
      setting = maxMessageBytes;
      return maxMessageBytes === refused ? Math.min(SAFE_BYTES, maxMessageBytes) : maxMessageBytes;
    },
    /** What the reports say of it; null: the setting is not known yet, so it counts as unchanged. */
    problems(maxMessageBytes: number | null): readonly string[] {
      if (refused === null || (maxMessageBytes ?? refused) !== refused) return [];
      return [
        `The nucleus dropped the connection at a long message, so reports are split at ${SAFE_BYTES} bytes in place of maxMessageBytes, which is ${refused}`,
      ];
    },
  };
}

function read(files: Files): number | null {
  try {
    const { refusedMaxMessageBytes: found } = parseJson(files.read(FILE) ?? "{}") as Record<string, unknown>;
    return typeof found === "number" ? found : null;
  } catch {
    return null;
  }
}
