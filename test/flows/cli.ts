import { join } from "node:path";
import { type Ended, ended } from "../ended.js";

const BUNDLE = join(import.meta.dirname, "../../dist/packdrift.mjs");

/** Runs the built program as a user does, in an environment without credentials or colour. */
export function packdrift(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const { PATH = "", HOME = "" } = process.env;
  return ended(process.execPath, [BUNDLE, ...args], { PATH, HOME, ...env });
}
