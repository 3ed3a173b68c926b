export const NUCLEUS_OPERATIONS: readonly string[];
export function slimModel(text: string, operations?: readonly string[]): string;
