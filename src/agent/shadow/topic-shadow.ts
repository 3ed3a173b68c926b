import type { Later } from "../../base/clock.js";
import { ExpectedError } from "../../base/errors.js";
import { type JsonObject, jsonObjectIn } from "../../base/json.js";
import { numberIn } from "./document.js";
import type { ShadowPort } from "./versioned.js";

/** The dependencies of a shadow over its topics. */
interface ShadowTopics {
  readonly publish: (suffix: "get" | "update", payload: string) => Promise<void>;
  readonly later: Later;
  /** A client token that was never used before. */
  readonly newToken: () => string;
}

const ANSWER_LIMIT_MS = 10_000;

/** A shadow over its MQTT topics. Answers are matched to requests by client token; pass received messages to `receive`. */
export function topicShadow({ publish, later, newToken }: ShadowTopics): ShadowPort & {
  receive(suffix: string, payload: string): void;
} {
  const pending = new Map<string, (suffix: string, payload: string) => void>();

  async function ask(
    kind: "get" | "update",
    document: JsonObject,
  ): Promise<readonly [suffix: string, payload: string]> {
    const clientToken = newToken();
    let cancel = () => {};
    const answered = new Promise<readonly [string, string]>((resolve, reject) => {
      pending.set(clientToken, (suffix, payload) => resolve([suffix, payload]));
      const why = `Cannot ${kind} the shadow: no answer within ${ANSWER_LIMIT_MS} ms`;
      cancel = later(ANSWER_LIMIT_MS, () => reject(new ExpectedError(why)));
    });
    answered.catch(() => undefined);
    try {
      await publish(kind, JSON.stringify({ ...document, clientToken }));
      return await answered;
    } finally {
      cancel();
      pending.delete(clientToken);
    }
  }

  return {
    async get() {
      const [suffix, payload] = await ask("get", {});
      if (suffix === "get/accepted") return payload;
      if (numberIn(jsonObjectIn(payload), "code") === 404) return null;
      throw refused("get", payload);
    },
    async update(document) {
      const [suffix, payload] = await ask("update", jsonObjectIn(document) ?? {});
      if (suffix === "update/accepted") return payload;
      if (numberIn(jsonObjectIn(payload), "code") === 409) return "conflict";
      throw refused("update", payload);
    },
    receive(suffix, payload) {
      const token = jsonObjectIn(payload)?.clientToken;
      if (typeof token === "string") pending.get(token)?.(suffix, payload);
    },
  };
}

function refused(kind: string, payload: string): ExpectedError {
  return new ExpectedError(`Cannot ${kind} the shadow: refused with ${payload.slice(0, 200)}`);
}
