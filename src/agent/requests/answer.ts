import { backoffMs } from "../../base/backoff.js";
import type { Later } from "../../base/clock.js";
import { DeliveryError, ExpectedError } from "../../base/errors.js";
import type { Log } from "../../base/log.js";
import type { Settings } from "../../config/parse-settings.js";
import { fitInto } from "../../report/fit-into.js";
import type { Report } from "../../report/report.js";
import { ConfigurationError } from "../checks.js";
import type { Cloud } from "../cloud.js";
import type { AgentContext } from "../context.js";
import {
  ANSWER_LIMIT_MS,
  type Answer,
  type OpenRequest,
  type RequestCommand,
  readRequest,
  requestMemory,
} from "./request.js";

/** What answering needs of a life. */
export interface AnswerParts {
  readonly place: AgentContext;
  readonly cloud: Cloud;
  /** Checks for somebody who waits for the answer; throws as Agent.check. */
  readonly check: () => Promise<readonly Report[]>;
  readonly facts: () => Promise<unknown>;
  /** Resolves to how many reports wait after an attempt to deliver all. */
  readonly flush: () => Promise<number>;
  readonly later: Later;
}

/** Sends what no outbox keeps. */
export type Tell = (send: () => Promise<void>) => Promise<"sent" | "not yet" | "never">;

/** What came of a request, and a message that goes out before its answer. */
interface Deed {
  readonly result: unknown;
  readonly besides?: readonly [topic: string, payload: string];
}

interface Said {
  readonly answer: Pick<Answer, "command" | "id" | "status" | "why" | "result">;
  readonly besides?: Deed["besides"];
}

const REQUESTS = "requests.json";
const ENVELOPE_BYTES = 400;
const MOST_WORDS = 1_000;
const LONGEST_WAIT_MS = 86_400_000;
const ANSWER_BACKOFF = { firstMs: 1_000, lastMs: 300_000 };
/** What nucleus lite takes of any message without dropping the connection. */
export const MOST_BYTES = 7_000;

/**
 * Obeys requests and answers them: each once, over restarts too. A request stays open until its answer has gone out, for a day
 * at most.
 */
export function answerRequests(parts: AnswerParts, tell: Tell, settings: () => Settings | null) {
  const { place, cloud, later } = parts;
  const { thing, log, store } = place;
  const waiting = new Set<() => void>();
  let stopped = false;
  const memory = requestMemory(
    attempt(() => store.read(REQUESTS)),
    (text) => {
      attempt(() => store.write(REQUESTS, text));
    },
  );

  function take(topic: string, payload: string, prefix: string): void {
    const heard = readRequest(topic, payload, { prefix, thing, random: Math.random });
    if (heard.kind === "ignored") {
      log.debug("request.ignored", { topic, why: heard.why });
      return;
    }
    if (heard.kind === "refused") {
      const { command, id, why } = heard;
      log.warn("request.refused", { command, id, why });
      void tell(() => answer({ command, id, status: "REFUSED", why }, prefix));
      return;
    }
    const { command, id, delayMs } = heard;
    const request = { command, id, dueAt: Date.now() + delayMs };
    if (!memory.take(request)) {
      log.info("request.repeated", { command, id });
      return;
    }
    log.info("request.taken", { command, id, delayMs });
    obeyLater(request, prefix);
  }

  function obeyLater(request: OpenRequest, prefix: string): void {
    const delayMs = Math.min(LONGEST_WAIT_MS, Math.max(0, request.dueAt - Date.now()));
    wait(delayMs, () => void obey(request, prefix));
  }

  function wait(milliseconds: number, action: () => void): void {
    const cancel = later(milliseconds, () => {
      waiting.delete(cancel);
      action();
    });
    waiting.add(cancel);
  }

  function answerLeftOver(prefix: string): void {
    const { again, givenUp } = memory.leftOver(Date.now());
    for (const { command, id } of givenUp) log.warn("request.given-up", { command, id });
    for (const request of again) {
      log.info("request.left-over", { command: request.command, id: request.id });
      obeyLater(request, prefix);
    }
  }

  /** A request stays open until its answer has gone out: what the end of this life cuts short is made anew by the next. */
  async function obey(request: OpenRequest, prefix: string): Promise<void> {
    const { command, id } = request;
    const said = await DEEDS[command]().then(
      ({ result, besides }) => ({ answer: { command, id, status: "DONE" as const, result }, besides }),
      (error: unknown) => {
        if (!(error instanceof ExpectedError || error instanceof ConfigurationError)) throw error;
        return { answer: { command, id, status: "FAILED" as const, why: error.message.slice(0, MOST_WORDS) } };
      },
    );
    // What a check gives that was ended with this life is no answer.
    if (!stopped) await answerUntilSent(request, said, prefix);
  }

  async function answerUntilSent(request: OpenRequest, said: Said, prefix: string, earlier = 0): Promise<void> {
    const sent = await tell(async () => {
      if (said.besides !== undefined) await cloud.publish(...said.besides);
      await answer(said.answer, prefix);
    });
    if (sent === "sent") return memory.done(request);
    const { command, id, dueAt } = request;
    if (sent === "never" || Date.now() - dueAt > ANSWER_LIMIT_MS) {
      log.warn("request.given-up", { command, id });
      return memory.done(request);
    }
    if (stopped) return;
    const failures = earlier + 1;
    const waitMs = backoffMs(failures, ANSWER_BACKOFF, Math.random);
    wait(waitMs, () => void answerUntilSent(request, said, prefix, failures));
  }

  const DEEDS: Readonly<Record<RequestCommand, () => Promise<Deed>>> = {
    async check() {
      const reports = await parts.check();
      const checks = reports.map(({ job, drift, runnable, id }) => ({ ...nameOf(job), drift, runnable, report: id }));
      return { result: fitted({ checks }) };
    },
    async facts() {
      const facts = fitted((await parts.facts()) as object);
      const topicPrefix = settings()?.topicPrefix;
      return {
        result: facts,
        besides: [`${topicPrefix}/${thing}/facts`, JSON.stringify({ thing, facts })],
      };
    },
    flush: async () => ({ result: { waiting: await parts.flush() } }),
  };

  function fitted(result: object): object {
    return fitInto(result, Math.min(MOST_BYTES, settings()?.maxMessageBytes ?? MOST_BYTES) - ENVELOPE_BYTES);
  }

  async function answer(said: Said["answer"], prefix: string): Promise<void> {
    const at = new Date().toISOString();
    const full: Answer = { schema: "packdrift.response/1", thing, at, ...said };
    await cloud.publish(`${prefix}/${thing}/${said.command}/res`, JSON.stringify(full));
  }

  return {
    /** A message on a request topic. */
    take,
    /** What an earlier life has left open. */
    answerLeftOver,
    stop() {
      stopped = true;
      for (const cancel of waiting) cancel();
      memory.end();
    },
  };
}

/** A trouble is told once until something goes through. */
export function teller(log: Log): Tell {
  const refused = new Set<string>();
  return async (send) => {
    try {
      await send();
      refused.clear();
      return "sent";
    } catch (error) {
      if (!(error instanceof ExpectedError)) throw error;
      if (!refused.has(error.message)) log.warn("message.not-sent", { message: error.message });
      refused.add(error.message);
      return error instanceof DeliveryError && !error.retryable ? "never" : "not yet";
    }
  };
}

function nameOf({ project, name }: { readonly project: string | null; readonly name: string | null }) {
  return { project, job: name };
}

function attempt<T>(action: () => T): T | null {
  try {
    return action();
  } catch {
    return null;
  }
}
