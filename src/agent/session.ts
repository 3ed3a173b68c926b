import { ConnectionLostError, type Loss } from "../base/errors.js";
import type { Examiner } from "../examiner/process.js";
import type { Trigger } from "../report/report.js";
import { connectGreengrass } from "../transports/greengrass/connection.js";
import type { Greengrass } from "../transports/greengrass/port.js";
import { type MessageLimit, splitAfterDrop } from "./connection/split-after-drop.js";
import { type AgentContext, examinerFor, removeOldCode } from "./context.js";
import { examinersFrom } from "./examiners.js";
import { wireSession } from "./wire-session.js";

/** An exit code, or why the connection could not be made or was lost. */
export type End = number | { readonly loss: Loss; readonly message: string };

/**
 * Runs one session, on one connection to the nucleus or without Greengrass: connects, checks and delivers until it is stopped or
 * the connection is lost. `ahead` is an examiner that was already started.
 */
export async function runSession(
  context: AgentContext,
  trigger: Trigger,
  ahead: Examiner | null,
  stopped: Promise<"stopped">,
): Promise<End> {
  const end = firstReason();
  void stopped.then(() => end.decide(0));
  const examiners = examinersFrom(() => examinerFor(context), ahead);
  const split = splitAfterDrop(context.store);
  let nucleus: Greengrass | null = null;
  if (context.config === null) {
    const connected = await connect(context, split, end, stopped);
    if ("end" in connected) {
      examiners.kill();
      return connected.end;
    }
    ({ nucleus } = connected);
  }
  const session = await wireSession({ context, nucleus, split, examiners, endWith: end.decide });
  session.start(trigger);
  removeOldCode(context);

  const reason = await end.reached;
  const how = typeof reason === "number" ? reason : reason.loss;
  context.log.info("agent.ending", { how, waiting: session.waiting() });
  await session.stop();
  return reason;
}

/** Connects to the nucleus; without a connection, returns how the session ends. */
async function connect(
  { log }: AgentContext,
  split: MessageLimit,
  end: { decide(end: End): void },
  stopped: Promise<"stopped">,
): Promise<{ readonly nucleus: Greengrass } | { readonly end: End }> {
  const connecting = connectGreengrass({
    onLost(message) {
      split.onLost();
      end.decide({ loss: "DROPPED", message });
    },
    onTrouble: (what, message) => log.warn("nucleus.trouble", { what, message }),
  });
  try {
    const connected = await Promise.race([connecting, stopped]);
    if (connected !== "stopped") return { nucleus: connected };
    connecting.catch(() => undefined);
    return { end: 0 };
  } catch (error) {
    if (error instanceof ConnectionLostError) return { end: { loss: error.loss, message: error.message } };
    throw error;
  }
}

/** Resolves with the first of several reasons to end. */
function firstReason(): { readonly reached: Promise<End>; decide(end: End): void } {
  let decide: (end: End) => void = () => undefined;
  const reached = new Promise<End>((resolve) => {
    decide = resolve;
  });
  return { reached, decide };
}
