import { afterFailure, type FailureStreak, streakBackoffMs } from "../../base/backoff.js";
import type { Log } from "../../base/log.js";
import type { Cloud } from "../cloud.js";
import type { Timers } from "../timers.js";
import type { TrySend } from "../try-send.js";
import type { RequestOutcome } from "./actions.js";
import { ANSWER_LIMIT_MS, type OpenRequest } from "./request-memory.js";

/** An answer on `<prefix>/<thing>/<command>/res`: schema `packdrift.response/1`. */
interface Answer {
  readonly schema: "packdrift.response/1";
  readonly thing: string;
  readonly command: string;
  /** The request's id; null if it could not be read. */
  readonly id: string | null;
  readonly status: "DONE" | "FAILED" | "REFUSED";
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly why?: string;
  readonly result?: unknown;
}

/** A request that is not performed, and why. */
export interface Refusal {
  readonly command: string;
  readonly id: string | null;
  readonly why: string;
}

/** The dependencies of sending answers. */
interface AnswerParts {
  readonly thing: string;
  readonly log: Log;
  readonly cloud: Pick<Cloud, "publish">;
  readonly trySend: TrySend;
  readonly timers: Pick<Timers, "after">;
  /** Unix milliseconds. */
  readonly nowMs: () => number;
  /** From 0 to less than 1. */
  readonly random: () => number;
}

interface AnswerSender {
  /** Retries for a day; resolves when the answer was sent or given up. */
  send(request: OpenRequest, outcome: RequestOutcome, prefix: string): Promise<void>;
  /** Answers a request with a refusal; tried once. */
  refuse(refusal: Refusal, prefix: string): void;
}

const BACKOFF = { firstMs: 1_000, lastMs: 300_000 };

/** Publishes answers to requests. */
export function answerSender({ thing, log, cloud, trySend, timers, nowMs, random }: AnswerParts): AnswerSender {
  async function publish(answer: Omit<Answer, "schema" | "thing" | "at">, prefix: string): Promise<void> {
    const full: Answer = { schema: "packdrift.response/1", thing, at: new Date(nowMs()).toISOString(), ...answer };
    await cloud.publish(`${prefix}/${thing}/${answer.command}/res`, JSON.stringify(full));
  }

  return {
    async send({ command, id, dueAt }, { answer, publishFirst }, prefix) {
      let streak: FailureStreak = { failures: 0, failingSinceMs: nowMs() };
      for (;;) {
        const sent = await trySend(async () => {
          if (publishFirst !== undefined) await cloud.publish(publishFirst.topic, publishFirst.payload);
          await publish({ command, id, ...answer }, prefix);
        });
        if (sent === "sent") return;
        if (sent === "rejected" || nowMs() - dueAt > ANSWER_LIMIT_MS)
          return log.warn("request.given-up", { command, id });
        streak = afterFailure(streak, nowMs());
        const waitMs = streakBackoffMs(streak, BACKOFF, nowMs(), random);
        await new Promise<void>((resolve) => timers.after(waitMs, resolve));
      }
    },
    refuse({ command, id, why }, prefix) {
      void trySend(() => publish({ command, id, status: "REFUSED", why }, prefix));
    },
  };
}
