import type { JsonObject } from "../base/json.js";
import { type EventLog, eventLog, type WritableEventLog } from "./event-log.js";
import type { Frame } from "./frames.js";

/** An operation that a component has called, as the nucleus logs it. */
export interface LoggedCall {
  readonly component: string;
  /** Short, such as `PublishToIoTCore`. */
  readonly operation: string;
  readonly request: JsonObject;
}

/** An answer that replaces the real operation's. */
export type ScriptedAnswer =
  /** A modelled error; any shape name, also one that clients do not model. */
  | { readonly error: string; readonly message?: string }
  /** A failure without a shape: `text/plain`, as for an exception inside the nucleus. */
  | { readonly text: string }
  /** An answer with this body, shape (default: the operation's own) and flags (default: the runtime's). */
  | { readonly body: unknown; readonly shape?: string; readonly flags?: number }
  /** This frame, unchanged. */
  | { readonly frame: Omit<Frame, "streamId"> }
  /** No answer, ever. */
  | "nothing"
  /** Drops the connection during the call. */
  | "drop";

/** Calls of an operation that wait before they run. */
interface Hold {
  /** The calls that have arrived and wait. */
  readonly held: EventLog<LoggedCall>;
  /** Runs them, in order, and no longer holds new ones. */
  release(): void;
}

/** How a test changes what a nucleus does; names are short operation names. */
export interface Script {
  answerWith(
    operation: string,
    answer: ScriptedAnswer | ((call: LoggedCall) => ScriptedAnswer | null),
    times?: number,
  ): () => void;
  holdOperation(operation: string): Hold;
  /** The operation's streams stay open but send no events; returns how to send them again. */
  suppressEvents(operation: string): () => void;
}

/** A script as the dispatcher uses it. */
export interface RunningScript extends Script {
  /** Resolves when the call may run; null when nothing holds it. */
  passes(call: LoggedCall): Promise<void> | null;
  answerTo(call: LoggedCall): ScriptedAnswer | null;
  areEventsSuppressed(operation: string): boolean;
}

/** An empty script: every operation runs for real. Later answers win over earlier ones; null runs the real operation. */
export function script(): RunningScript {
  type Rule = {
    operation: string;
    answer: ScriptedAnswer | ((call: LoggedCall) => ScriptedAnswer | null);
    left: number;
  };
  const rules: Rule[] = [];
  type HeldCalls = { readonly log: WritableEventLog<LoggedCall>; readonly waiting: (() => void)[] };
  const holds = new Map<string, HeldCalls>();
  const suppressed = new Map<string, number>();
  return {
    answerWith(operation, answer, times = Number.POSITIVE_INFINITY) {
      const rule: Rule = { operation, answer, left: times };
      rules.unshift(rule);
      return () => {
        rule.left = 0;
      };
    },
    holdOperation(operation) {
      const hold: HeldCalls = { log: eventLog(`held ${operation}`), waiting: [] };
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
      suppressed.set(operation, (suppressed.get(operation) ?? 0) + 1);
      return () => void suppressed.set(operation, Math.max(0, (suppressed.get(operation) ?? 0) - 1));
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
    areEventsSuppressed: (operation) => (suppressed.get(operation) ?? 0) > 0,
  };
}
