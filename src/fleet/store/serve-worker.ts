import type { MessagePort } from "node:worker_threads";
import type { Arrival } from "../arrival.js";
import { type MessageReaderParts, readMessage } from "../ingest/read-message.js";
import { receiveArrivals, receiveMessages, sendArrivals } from "./arrival-transfer.js";
import { BatchOrder } from "./batch-order.js";
import { createPacking } from "./packing.js";
import { readingFor } from "./rules.js";
import { openCore, openQueries } from "./sqlite-file.js";
import {
  type MethodCall,
  READY,
  type ReadMessages,
  type ReadRequest,
  type ReadResult,
  type Reply,
  receiveError,
  sendError,
  type ThreadRole,
} from "./worker-protocol.js";

/** Does a thread's part of the store's work until its port is closed. */
export function serve(role: ThreadRole, parent: MessagePort): void {
  answer(parent, READY, () => {
    if (role.role === "read") serveReading(role, parent);
    else if (role.role === "write") serveWriting(role, parent);
    else serveCalls(parent, openQueries(role.file));
  });
}

const tellOfKeys = (parent: MessagePort) => (keysProblem: string | null) =>
  parent.postMessage({ keysProblem } satisfies Reply);

function serveReading({ options, to }: Extract<ThreadRole, { role: "read" }>, parent: MessagePort): void {
  const reading = readingFor(options, createPacking(), tellOfKeys(parent));
  parent.on("message", (request: ReadRequest) => {
    const { id, batch, part, of } = request;
    const read = readAll(request, reading);
    const moved = "error" in read ? [] : [read.bytes.buffer];
    if (to !== null) to.postMessage({ id, batch, part, of, ...read } satisfies ReadResult, moved);
    else parent.postMessage(("error" in read ? { id, ...read } : { id, result: read }) satisfies Reply, moved);
  });
}

/**
 * An error is the reply to the batch: if it ended the thread, it would end the process with each delivery of its
 * message.
 */
function readAll(request: ReadRequest, parts: MessageReaderParts): ReadMessages {
  try {
    return sendArrivals(receiveMessages(request).map((message) => readMessage(message, parts)));
  } catch (error) {
    return { error: sendError(error) };
  }
}

function serveWriting({ file, options, from }: Extract<ThreadRole, { role: "write" }>, parent: MessagePort): void {
  const core = openCore(file, options, tellOfKeys(parent));
  const order = new BatchOrder<ReadResult>();
  for (const port of from) {
    port.on("message", (sent: ReadResult) => {
      for (const parts of order.take(sent, sent)) {
        answer(parent, parts[0]?.id ?? READY, () => core.ingest(parts.flatMap(arrivalsIn)));
      }
    });
  }
  serveCalls(parent, core);
}

function arrivalsIn(part: ReadResult): readonly Arrival[] {
  if ("error" in part) throw receiveError(part.error);
  return receiveArrivals(part);
}

/** Answers calls of these parts' methods. */
function serveCalls(parent: MessagePort, methods: object): void {
  parent.on("message", ({ id, method, parameters }: MethodCall) => {
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
