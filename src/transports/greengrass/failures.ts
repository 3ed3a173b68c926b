import { ExpectedError, type Loss } from "../../base/errors.js";
import { withTimeLimit } from "../../base/time-limit.js";

const MOST_CHARACTERS = 300;

/** Why a call failed, from the SDK's RpcError or its native part. */
interface CallFailure {
  /** The shape's name of a modelled error, which both nuclei send as `_errorCode`; null for any other failure. */
  readonly code: string | null;
  /** In words, with the code; never more than 300 characters. */
  readonly message: string;
  /** A modelled error without a message. */
  readonly isBare: boolean;
}

/** Parses the error that a call was rejected with. Never throws. */
export function failureOf(error: unknown): CallFailure {
  const service = memberOf(error, "serviceError");
  const code = textOr(null, memberOf(service, "_errorCode"));
  const fromService = firstText(memberOf(service, "message"), memberOf(service, "_message"));
  const text = fromService ?? firstText(memberOf(error, "description"), memberOf(error, "message")) ?? String(error);
  const message = code === null ? text : `${code}: ${text}`;
  return { code, message: message.slice(0, MOST_CHARACTERS), isBare: code !== null && fromService === null };
}

/** The failure as text. */
export function failureText(error: unknown): string {
  return failureOf(error).message;
}

// The SDK's RpcErrorType. HandshakeError is the classic nucleus's refusal. Lite hangs up on a bad token, which is a NetworkError
// or, when it hangs up before the client is ready, an InternalError that names the closed socket.
const HANDSHAKE_ERROR = 2;
const NETWORK_ERROR = 5;

/** Classifies a failed connect; each cause is handled differently. */
export function lossOf(error: unknown): Loss {
  if (error instanceof NoAnswerError) return "SILENT";
  if (error instanceof ConnectionEndedError) return "REFUSED";
  const type = memberOf(error, "type");
  if (type === HANDSHAKE_ERROR || type === NETWORK_ERROR) return "REFUSED";
  return /SOCKET_CLOSED|CONNECTION_CLOSED/.test(failureText(error)) ? "REFUSED" : "UNREACHABLE";
}

/** A call was not answered within its time limit. */
export class NoAnswerError extends ExpectedError {}

/** The connection ended before a call was answered. */
export class ConnectionEndedError extends ExpectedError {}

/** Announces the end of a connection to calls in flight. Not a promise, which would keep every call raced against it alive. */
interface ConnectionEnd {
  /** Calls back when the connection ends, or at once if it has; returns a function that cancels this. */
  onEnd(listener: (error: Error) => void): () => void;
  announce(reason: string): void;
}

export function connectionEnd(): ConnectionEnd {
  const listeners = new Set<(error: Error) => void>();
  let ended: Error | null = null;
  return {
    onEnd(listener) {
      if (ended === null) listeners.add(listener);
      else listener(ended);
      return () => void listeners.delete(listener);
    },
    announce(reason) {
      ended ??= new ConnectionEndedError(`the connection to the nucleus is lost: ${reason}`);
      for (const listener of listeners) listener(ended);
      listeners.clear();
    },
  };
}

/** Calls in flight never settle when the socket drops, so each gets a time limit and ends with the connection. */
export function withCallTimeout<T>(call: Promise<T>, what: string, limitMs: number, end: ConnectionEnd): Promise<T> {
  return withTimeLimit(
    call,
    limitMs,
    () => new NoAnswerError(`no answer to "${what}" within ${limitMs} ms`),
    end.onEnd,
  );
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && key in value ? Reflect.get(value, key) : undefined;
}

function firstText(...values: readonly unknown[]): string | null {
  return values.map((value) => textOr(null, value)).find((text) => text !== null && text !== "") ?? null;
}

function textOr<T>(otherwise: T, value: unknown): string | T {
  return typeof value === "string" ? value : otherwise;
}
