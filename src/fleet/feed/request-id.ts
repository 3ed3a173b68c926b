import { randomBytes } from "node:crypto";

/** An id that no request has had before; later ones sort after earlier ones. */
export function newRequestId(): string {
  return `${Date.now().toString(36)}-${randomBytes(4).toString("hex")}`;
}
