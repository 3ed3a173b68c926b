import type { ServedReply } from "../../platform/http-server.js";
import type { StreamedReply } from "../../platform/http-stream.js";
import type { Html } from "./html.js";

/** The headers of every reply: nothing from elsewhere, nothing inline, no frame, no guess at a type. */
const ALWAYS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  // Not "no-referrer": browsers then send no Origin with a form, and forms are checked by it.
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
  "cache-control": "no-store",
} as const;

type Headers = Readonly<Record<string, string>>;

export function htmlReply(status: number, document: Html, headers: Headers = {}): ServedReply {
  return textReply(status, "text/html; charset=utf-8", String(document), headers);
}

export function jsonReply(status: number, value: unknown, headers: Headers = {}): ServedReply {
  return textReply(status, "application/json; charset=utf-8", `${JSON.stringify(value)}\n`, headers);
}

export function textReply(status: number, type: string, body: string, headers: Headers = {}): ServedReply {
  return { status, headers: { ...ALWAYS, "content-type": type, ...headers }, body };
}

/** A list to be saved under a name. */
export function fileReply(type: string, name: string, stream: AsyncIterable<string>): StreamedReply {
  const headers = { ...ALWAYS, "content-type": type, "content-disposition": `attachment; filename="${name}"` };
  return { status: 200, headers, stream };
}

export function eventsReply(stream: AsyncIterable<string>): StreamedReply {
  // A proxy that collects a response before it sends it on would hold events back.
  const headers = { ...ALWAYS, "content-type": "text/event-stream; charset=utf-8", "x-accel-buffering": "no" };
  return { status: 200, headers, stream };
}

/** After a form: redirects the browser to one of our pages. */
export function goTo(path: string, headers: Headers = {}): ServedReply {
  return { status: 303, headers: { ...ALWAYS, location: localPath(path), ...headers }, body: "" };
}

/** A path of this server, whatever a form contains: never another site's. */
function localPath(path: string): string {
  return /^\/(?![/\\])[\x21-\x7e]*$/.test(path) ? path : "/";
}
