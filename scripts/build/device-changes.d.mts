import type { Change } from "./changes.mjs";

export const KEEPER_CHANGES: readonly Change[];
export const PACKED_CHANGES: readonly Change[];
