/** A message's payload as text: clients pass it as a string, or as bytes in one of several types. */
export function payloadText(payload: unknown): string {
  if (typeof payload === "string") return payload;
  if (payload instanceof ArrayBuffer) return Buffer.from(payload).toString("utf8");
  if (!ArrayBuffer.isView(payload)) return "";
  return Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString("utf8");
}
