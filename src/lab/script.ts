import type { JsonObject } from "../base/json.js";
import { type EventLog, eventLog } from "./event-log.js";
import type { Frame } from "./frames.js";

/** An operation that a component has called, as the nucleus's log keeps it. */
export interface LoggedCall {
  readonly component: string;
  /** Short, such as `PublishToIoTCore`. */
  readonly operation: string;
  readonly request: JsonObject;
}

/** What to answer in place of the real operation. */
export type ScriptedAnswer =
  /** A modelled error; any shape name, also one that clients do not model. */
  | { readonly error: string; readonly message?: string }
  /** A failure without a shape: `text/plain`, as for an exception inside the nucleus. */
  | { readonly text: string }
  /** An answer with this body, shape (default: the operation's own) and flags (default: the runtime's). */
  | { readonly body: unknown; readonly shape?: string; readonly flags?: number }
  /** This very frame. */
  | { readonly frame: Omit<Frame, "streamId"> }
  /** Never an answer. */
  | "nothing"
  /** The connection is dropped during the call. */
  | "drop";

/** Calls of an operation that are held back. */
export interface Hold {
  /** The calls that have arrived and wait. */
  readonly held: EventLog<LoggedCall>;
  /** Lets them go on, in order, and no longer holds new ones. */
  release(): void;
}

/** How a test or a scene bends a nucleus; names are short operation names. */
export interface Script {
  answerWith(
    operation: string,
    answer: ScriptedAnswer | ((call: LoggedCall) => ScriptedAnswer | null),
    times?: number,
  ): () => void;
  holdOperation(operation: string): Hold;
  /** The operation's streams stay open but their events are no longer sent; returns how to hear again. */
  suppressEvents(operation: string): () => void;
}

/** A script and the questions that the dispatcher asks it. */
export interface RunningScript extends Script {
  /** Resolves when nothing holds the call. */
  passes(call: LoggedCall): Promise<void> | null;
  answerTo(call: LoggedCall): ScriptedAnswer | null;
  areEventsSuppressed(operation: string): boolean;
}

/** An empty script: everything is played for real. Later answers win over earlier ones; null plays the real operation. */
export function script(): RunningScript {
  type Rule = {
    operation: string;
    answer: ScriptedAnswer | ((call: LoggedCall) => ScriptedAnswer | null);
    left: number;
  };
  const rules: Rule[] = [];
  const holds = new Map<string, { log: ReturnType<typeof eventLog<LoggedCall>>; waiting: Array<() => void> }>();
  const deaf = new Map<string, number>();
  return {
    answerWith(operation, answer, times = Number.POSITIVE_INFINITY) {
      const rule: Rule = { operation, answer, left: times };
      rules.unshift(rule);
      return () => {
        rule.left = 0;
      };
    },
    holdOperation(operation) {
      const hold = { log: eventLog<LoggedCall>(`held ${operation}`), waiting: [] as Array<() => void> };
      holds.set(operation, hold);
      return {
        held: hold.log,
        release() {
          if (holds.get(operation) === hold) holds.delete(operation);
          for (const go of hold.waiting.splice(0)) go();
        },
      };
    },
    suppressEvents(operation) {
      deaf.set(operation, (deaf.get(operation) ?? 0) + 1);
      return () => void deaf.set(operation, Math.max(0, (deaf.get(operation) ?? 0) - 1));
    },
    passes(call) {
      const hold = holds.get(call.operation);
      if (!hold) return null;
      return new Promise((resolve) => {
        hold.waiting.push(resolve);
        hold.log.add(call);
      });
    },
    answerTo(call) {
      for (const rule of rules) {
        if (rule.operation !== call.operation || rule.left <= 0) continue;
        const answer = typeof rule.answer === "function" ? rule.answer(call) : rule.answer;
        if (answer === null) continue;
        rule.left--;
        return answer;
      }
      return null;
    },
    areEventsSuppressed: (operation) => (deaf.get(operation) ?? 0) > 0,
  };
}
