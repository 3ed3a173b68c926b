import { existsSync, realpathSync } from "node:fs";
import { isPostgresAddress } from "../store-address.js";
import type { MoveEnd, MoveTarget } from "./move-end.js";
import { openPostgresSource, openPostgresTarget } from "./postgres-end.js";
import { openSqliteSource, openSqliteTarget } from "./sqlite-end.js";

/** Opens the source of a move, which must exist: a file, or `postgres://…`. */
export function openMoveSource(store: string): Promise<MoveEnd> {
  return isPostgresAddress(store) ? openPostgresSource(store) : openSqliteSource(store);
}

/** Opens the target of a move; a file is created. */
export function openMoveTarget(store: string): Promise<MoveTarget> {
  return isPostgresAddress(store) ? openPostgresTarget(store) : openSqliteTarget(store);
}

/** Whether two stores are the same file, or have the same address. */
export function isSameStore(one: string, other: string): boolean {
  return one === other || (isFile(one) && isFile(other) && realpathSync(one) === realpathSync(other));
}

function isFile(store: string): boolean {
  return !isPostgresAddress(store) && existsSync(store);
}
