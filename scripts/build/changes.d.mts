import type { Plugin } from "esbuild";

export interface Change {
  readonly name: string;
  readonly file: RegExp;
  readonly expects: readonly string[];
  readonly change: (text: string) => string;
  readonly loader?: "js" | "json";
}

export interface ChangeLedger {
  expect(name: string, what: string): void;
  note(name: string): void;
  assertAllMade(): void;
}

export function changeLedger(): ChangeLedger;
export function changedText(change: Change, path: string, text: string): string;
export function changing(changes: readonly Change[], ledger: ChangeLedger): Plugin;
