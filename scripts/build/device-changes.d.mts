import type { Change } from "./changes.mjs";

export const KEEPER_CHANGES: readonly Change[];
export const EXAMINER_CHANGES: readonly Change[];
