import { InvalidInputError } from "../base/errors.js";
import { quoted } from "./job-names.js";

/** The largest saved answer that is read: a thousand times the usual size. */
export const MAX_JOB_TEXT_BYTES = 1_048_576;

/** A file of a saved answer does not hold one. */
export class JobTextError extends InvalidInputError {
  constructor(
    name: string,
    readonly why: string,
    options?: { readonly cause?: unknown },
  ) {
    super(`Cannot read job from ${quoted(name)}: ${why}`, options);
  }
}

/** Decodes a saved answer: UTF-8, or UTF-16 as PowerShell writes it; drops the byte order mark. Throws JobTextError. */
export function decodeJobText(bytes: Uint8Array, name: string): string {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new JobTextError(name, "is binary, not text in UTF-8", { cause });
  }
}

/** Parses the JSON text of a saved answer. Throws JobTextError that names the file and says what it holds instead of JSON. */
export function parseJobText(text: string, name: string): unknown {
  if (text.length > MAX_JOB_TEXT_BYTES) {
    throw new JobTextError(name, `must have at most ${MAX_JOB_TEXT_BYTES} characters, has ${text.length}`);
  }
  const body = text.replace(/^\uFEFF/, "").trim();
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new JobTextError(name, notJson(body, cause), { cause });
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters mark a binary file
const BINARY = /[\u0000-\u0008\u000E-\u001A\u001C-\u001F\uFFFD]/;

function notJson(body: string, cause: unknown): string {
  if (body === "") return "is empty, not JSON";
  if (BINARY.test(body)) return "is binary, not JSON";
  if (/^<!doctype html|^<html/i.test(body)) return "is an HTML page, not JSON";
  if (body.startsWith("<")) return "is XML or HTML, not JSON";
  if (/^\{\s*'/.test(body)) return "is a printed Python dictionary, not JSON (write it with json.dumps)";
  if (/^(---|[A-Za-z]\w*:\s)/.test(body)) return "looks like YAML, not JSON (save it with --output json)";
  const message = cause instanceof Error ? cause.message : "";
  if (/^[[{]/.test(body) && /end of JSON input|Unterminated/i.test(message)) return "is not valid JSON: cut off";
  const position = /position (\d+)/.exec(message)?.[1];
  if (position === undefined) return /^[[{]/.test(body) ? "is not valid JSON" : "is not JSON";
  if (Number(position) >= body.length) return "is not valid JSON: cut off";
  const before = body.slice(0, Number(position)).split("\n");
  return `is not valid JSON: error at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}
