import { CODE_CACHE } from "../base/names.js";
import { readCodeCache, writeCodeCache } from "./code-cache.js";

/**
 * Unpacks and runs code that the build packed (scripts/build.mjs) and gives its exports. With a code cache it starts twice
 * as fast; V8 rejects one of another version of Node or another processor, and a new one is written.
 */
export function runPacked(packed: string, require: NodeJS.Require, url: string, name: string): Record<string, unknown> {
  // Loaded here: the resident process runs no packed code.
  const { Script } = require("node:vm") as typeof import("node:vm");
  const { brotliDecompressSync } = require("node:zlib") as typeof import("node:zlib");
  const text = brotliDecompressSync(Buffer.from(packed, "base64")).toString();
  // One cache, for the code that every check runs.
  const path = name === "src/commands/packed.ts" ? process.env[CODE_CACHE] : undefined;
  const cached = path === undefined ? null : readCodeCache(path, packed);
  const script = new Script(`(function (require, module, exports, packdriftUrl) {${text}\n})`, {
    filename: `packdrift:${name}`,
    ...(cached === null ? {} : { cachedData: cached }),
  });
  const module = { exports: {} };
  script.runInThisContext()(require, module, module.exports, url);
  if (path !== undefined && (cached === null || script.cachedDataRejected)) {
    // At the end, so that it holds what was compiled on the way.
    process.once("exit", () => writeCodeCache(path, packed, script.createCachedData()));
  }
  return module.exports;
}
