import { InvalidInputError } from "../base/errors.js";
import { quoted } from "./job-names.js";

/** The largest saved answer that is read: a thousand times a usual one. */
export const MAX_JOB_TEXT_BYTES = 1_048_576;

/** The text of a saved answer: UTF-8, or UTF-16 as PowerShell writes it, without byte order mark. Throws InvalidInputError. */
export function decodeJobText(bytes: Uint8Array, name: string): string {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw refused(name, "needs JSON text in UTF-8, is binary", cause);
  }
}

/** Parses the JSON text of a saved answer; `name` is told in the message. Throws InvalidInputError that says what it is instead. */
export function parseJobText(text: string, name: string): unknown {
  if (text.length > MAX_JOB_TEXT_BYTES) {
    throw refused(name, `needs at most ${MAX_JOB_TEXT_BYTES} characters, has ${text.length}`);
  }
  const body = text.replace(/^\uFEFF/, "").trim();
  try {
    return JSON.parse(body) as unknown;
  } catch (cause) {
    throw refused(name, `needs JSON, ${whatElse(body, cause)}`, cause);
  }
}

function refused(name: string, why: string, cause?: unknown): InvalidInputError {
  return new InvalidInputError(`Cannot read job from ${quoted(name)}: ${why}`, cause === undefined ? {} : { cause });
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what tells a binary file
const BINARY = /[\u0000-\u0008\u000E-\u001A\u001C-\u001F\uFFFD]/;

function whatElse(body: string, cause: unknown): string {
  if (body === "") return "is empty";
  if (BINARY.test(body)) return "is binary";
  if (/^<!doctype html|^<html/i.test(body)) return "is an HTML page";
  if (body.startsWith("<")) return "is XML or HTML";
  if (/^\{\s*'/.test(body)) return "is Python's print of an answer (write it with json.dumps)";
  if (/^(---|[A-Za-z]\w*:\s)/.test(body)) return "looks like YAML (save it with --output json)";
  const message = cause instanceof Error ? cause.message : "";
  if (/^[[{]/.test(body) && /end of JSON input|Unterminated/i.test(message)) return "is cut off";
  const position = /position (\d+)/.exec(message)?.[1];
  if (position === undefined) return /^[[{]/.test(body) ? "has an error" : "is none";
  const before = body.slice(0, Number(position)).split("\n");
  const at = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
  return Number(position) >= body.length ? "is cut off" : `has an error at ${at}`;
}
