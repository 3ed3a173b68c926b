/** An error thrown on purpose: the caller is expected to react to its class. */
export class ExpectedError extends Error {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The command line, a setting or a file named by the user is wrong: report it and exit with 3. */
export class UsageError extends ExpectedError {}

/** A value from outside does not have the expected form. */
export class InvalidInputError extends ExpectedError {}

/** Several inputs are wrong: each problem is a sentence of its own. */
export class InvalidInputsError extends InvalidInputError {
  constructor(readonly problems: readonly string[]) {
    super(problems.join("; "));
  }
}

/** Why a job's description is unavailable; each reason has its own reaction (docs/reference/reports-and-topics.md). */
export const JOB_FAILURES = [
  /** The source has no such job (404 with a ResourceType, no such file). */
  "NOT_FOUND",
  /** The caller lacks the permission (403). */
  "DENIED",
  /** The request itself is wrong (400). */
  "INVALID",
  /** Too many requests (429). */
  "THROTTLED",
  /** The source failed (5xx) or dropped the connection. */
  "FAILED",
  /** The source cannot be reached: name not resolved, connection refused or reset. */
  "UNREACHABLE",
  /** The source took too long. */
  "TIMEOUT",
  /** The API is not served there, or no longer: 410, 404 without ResourceType, an unknown error name. */
  "GONE",
  /** The answer is not a job: HTML, an empty body, a file that is not JSON. */
  "NOT_A_JOB",
] as const;
export type JobFailure = (typeof JOB_FAILURES)[number];

/** The job's description is unavailable: this check uses the last good copy, or runs without a job. */
export class JobUnavailableError extends ExpectedError {
  constructor(
    message: string,
    readonly reason: JobFailure,
    readonly retryAfterSeconds: number | null = null,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
  }
}

/**
 * A transport did not accept a message: it is kept and retried, or set aside when `retryable` is false. `forbidden` when a policy
 * denies this topic: messages on others may go through.
 */
export class DeliveryError extends ExpectedError {
  readonly forbidden: boolean;
  constructor(
    message: string,
    readonly retryable: boolean,
    { forbidden = false, ...options }: { readonly cause?: unknown; readonly forbidden?: boolean } = {},
  ) {
    super(message, options);
    this.forbidden = forbidden;
  }
}

/** Why there is no connection to the nucleus; each cause has its own reaction (restarts.ts). */
export type Loss =
  /** Nothing listens at the socket. */
  | "UNREACHABLE"
  /** The token is refused: only a new process gets a new one. */
  | "REFUSED"
  /** The nucleus accepts the connection and never answers. */
  | "SILENT"
  /** An established connection has ended. */
  | "DROPPED";

/** The connection to the nucleus failed or was lost. */
export class ConnectionLostError extends ExpectedError {
  readonly loss: Loss;

  constructor(message: string, options?: { readonly cause?: unknown; readonly loss?: Loss }) {
    super(message, options);
    this.loss = options?.loss ?? "DROPPED";
  }
}

/** Errors that the language itself throws, by the name of their class: they are bugs. */
export const LANGUAGE_ERRORS = { TypeError, RangeError, ReferenceError, SyntaxError } as const;

/** Whether the language itself threw an error, so that it is a bug and nothing outside caused it. */
export function isLanguageError(error: unknown): boolean {
  return Object.values(LANGUAGE_ERRORS).some((each) => error instanceof each);
}

/** The code of a system error or of one of Node's own, such as `ENOENT`; undefined if there is none. */
export function codeOf(error: unknown): string | undefined {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
