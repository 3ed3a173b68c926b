import type { MessagePort } from "node:worker_threads";
import { readMessage } from "../ingest/read-message.js";
import { receiveArrivals, receiveMessages, sendArrivals } from "./arrival-transfer.js";
import { BatchOrder } from "./batch-order.js";
import { createPacking } from "./packing.js";
import { readingFor } from "./rules.js";
import { openCore, openQueries } from "./sqlite-file.js";
import {
  type Call,
  READY,
  type ReadRequest,
  type ReadResult,
  type Reply,
  type Role,
  sendError,
} from "./worker-protocol.js";

/** Does a thread's part of the store until its port is closed. */
export function serve(role: Role, parent: MessagePort): void {
  answer(parent, READY, () => {
    if (role.role === "read") serveReading(role, parent);
    else if (role.role === "write") serveWriting(role, parent);
    else serveCalls(parent, openQueries(role.file));
  });
}

const tellOfKeys = (parent: MessagePort) => (keysProblem: string | null) =>
  parent.postMessage({ keysProblem } satisfies Reply);

function serveReading({ options, to }: Extract<Role, { role: "read" }>, parent: MessagePort): void {
  const reading = readingFor(options, createPacking(), tellOfKeys(parent));
  parent.on("message", (request: ReadRequest) => {
    const arrivals = receiveMessages(request).map((message) => readMessage(message, reading));
    const sent = sendArrivals(arrivals);
    const { id, batch, part, of } = request;
    const result: ReadResult = { id, batch, part, of, ...sent };
    if (to === null) parent.postMessage({ id, result: sent } satisfies Reply, [sent.bytes.buffer]);
    else to.postMessage(result, [sent.bytes.buffer]);
  });
}

function serveWriting({ file, options, from }: Extract<Role, { role: "write" }>, parent: MessagePort): void {
  const core = openCore(file, options, tellOfKeys(parent));
  const order = new BatchOrder<ReadResult>();
  for (const port of from) {
    port.on("message", (sent: ReadResult) => {
      for (const parts of order.take(sent, sent)) {
        answer(parent, parts[0]?.id ?? READY, () => core.ingest(parts.flatMap(receiveArrivals)));
      }
    });
  }
  serveCalls(parent, core);
}

/** Answers calls of the methods that these parts have. */
function serveCalls(parent: MessagePort, methods: object): void {
  parent.on("message", ({ id, method, parameters }: Call) => {
    const call = (methods as Record<string, (...parameters: readonly unknown[]) => unknown>)[method];
    answer(parent, id, () => call?.apply(methods, [...parameters]));
  });
}

function answer(parent: MessagePort, id: number, action: () => unknown): void {
  let reply: Reply;
  try {
    reply = { id, result: action() ?? null };
  } catch (error) {
    reply = { id, error: sendError(error) };
  }
  parent.postMessage(reply);
}
