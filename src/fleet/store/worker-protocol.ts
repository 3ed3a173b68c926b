import type { MessagePort } from "node:worker_threads";
import { codeOf, ExpectedError, LANGUAGE_ERRORS, messageOf } from "../../base/errors.js";
import type { SentArrivals, SentMessages } from "./arrival-transfer.js";
import type { BatchPart } from "./batch-order.js";
import { StoreError } from "./migrate.js";
import type { FilledOptions } from "./store-options.js";

/**
 * The role of a thread of the store: `read` reads messages and packs them, `write` has the connection that writes, each
 * `query` one that only reads. Arrivals go from each `read` to `write` through a channel of its own.
 */
export type ThreadRole =
  | { readonly role: "read"; readonly options: FilledOptions; readonly to: MessagePort | null }
  | {
      readonly role: "write";
      readonly file: string;
      readonly options: FilledOptions;
      readonly from: readonly MessagePort[];
    }
  | { readonly role: "query"; readonly file: string };

/** A call of one of the methods of the thread's part of the store. */
export interface MethodCall {
  readonly id: number;
  readonly method: string;
  readonly parameters: readonly unknown[];
}

export interface ReadRequest extends SentMessages, BatchPart {
  readonly id: number;
}

/** The content of a part's messages, or the error of reading one of them. */
export type ReadResult = BatchPart & { readonly id: number } & ReadMessages;
export type ReadMessages = SentArrivals | { readonly error: SentError };

/** The reply to a call; id 0 means that the thread is ready. Without an id: whether the folder of keys can be read. */
export type Reply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: SentError }
  | { readonly keysProblem: string | null };

/** An error for another thread. */
interface SentError {
  readonly name: string;
  readonly message: string;
  readonly code: string | null;
  readonly isExpected: boolean;
}

export const READY = 0;

export function sendError(error: unknown): SentError {
  const name = error instanceof Error ? error.name : "";
  return { name, message: messageOf(error), code: codeOf(error) ?? null, isExpected: error instanceof ExpectedError };
}

/** The error of a reply, as it was thrown in the other thread; errors of the language keep their class. */
export function receiveError({ name, message, code, isExpected }: SentError): Error {
  if (isExpected) return new StoreError(message);
  const classes: Readonly<Record<string, new (message: string) => Error>> = LANGUAGE_ERRORS;
  const error = new (classes[name] ?? Error)(message);
  return code === null ? error : Object.assign(error, { code });
}
