import { randomBytes } from "node:crypto";

/** An id that no request has had; later ones sort behind. */
export function newRequestId(): string {
  return `${Date.now().toString(36)}-${randomBytes(4).toString("hex")}`;
}
