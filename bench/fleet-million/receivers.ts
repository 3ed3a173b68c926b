import { type ChildProcess, fork } from "node:child_process";
import { type Ingested, NO_COUNTS } from "../../src/fleet/arrival.js";
import { sendMessages } from "../../src/fleet/store/arrival-transfer.js";
import type { Receiver } from "./play.js";
import type { FromReceiver, ToReceiver, Usage } from "./receiver-process.js";

/** A receiver in a process of its own. */
export interface ReceiverProcess extends Receiver {
  /** The outcome of everything that it received. */
  readonly counts: { readonly [Name in keyof Ingested["counts"]]: number };
  usage(): Promise<Usage>;
  close(): Promise<void>;
}

/** Starts one on a store; resolves once it can be given messages. */
export async function startReceiver(program: string, store: string, worker: URL): Promise<ReceiverProcess> {
  const child = fork(program, { serialization: "advanced", stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const tell = (message: ToReceiver) => void child.send(message);
  const counts = { ...NO_COUNTS };
  let listener: (messages: number) => void = () => {};
  child.on("message", (message: FromReceiver) => {
    if (message.kind !== "stored") return;
    for (const name of Object.keys(counts) as (keyof typeof counts)[]) counts[name] += message.counts[name];
    listener(message.messages);
  });
  tell({ kind: "open", store, worker: worker.href });
  await answer(child, "ready");
  return {
    counts,
    give: (messages) => tell({ kind: "messages", sent: sendMessages(messages) }),
    onStored(stored) {
      listener = stored;
    },
    async usage() {
      const answered = answer(child, "usage");
      tell({ kind: "usage" });
      return (await answered).usage;
    },
    async close() {
      tell({ kind: "close" });
      await ended;
    },
  };
}

/** The next message of a kind; fails when the process ends before it. */
function answer<K extends FromReceiver["kind"]>(
  child: ChildProcess,
  kind: K,
): Promise<Extract<FromReceiver, { kind: K }>> {
  return new Promise((resolve, reject) => {
    const end = (code: number | null) => reject(new Error(`A receiver ended with code ${code}`));
    const take = (message: FromReceiver) => {
      if (message.kind !== kind) return;
      child.off("message", take);
      child.off("exit", end);
      resolve(message as Extract<FromReceiver, { kind: K }>);
    };
    child.on("message", take);
    child.once("exit", end);
  });
}
