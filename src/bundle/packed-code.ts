import { readFileSync, renameSync, writeFileSync } from "node:fs";

/** Names a file in which V8's compiled form of the packed code is kept; set by `run` for its examiners. */
export const CODE_CACHE = "PACKDRIFT_CODE_CACHE";

/**
 * Unpacks and runs the code that the build has packed (scripts/build.mjs) and gives what it exports. With a code cache
 * it starts twice as quickly: V8 checks that the cache fits this very code, Node and processor, else it is made anew.
 */
export function runPacked(packed: string, require: NodeJS.Require, url: string, name: string): Record<string, unknown> {
  // Loaded here: the component itself runs no packed code.
  const { Script } = require("node:vm") as typeof import("node:vm");
  const { brotliDecompressSync } = require("node:zlib") as typeof import("node:zlib");
  const text = brotliDecompressSync(Buffer.from(packed, "base64")).toString();
  // One cache, for the code that every check runs.
  const path = name === "src/commands/packed.ts" ? process.env[CODE_CACHE] : undefined;
  const cached = path === undefined ? undefined : readCache(path);
  const script = new Script(`(function (require, module, exports, packdriftUrl) {${text}\n})`, {
    filename: `packdrift:${name}`,
    ...(cached === undefined ? {} : { cachedData: cached }),
  });
  const module = { exports: {} };
  script.runInThisContext()(require, module, module.exports, url);
  if (path !== undefined && (cached === undefined || script.cachedDataRejected)) {
    // When all is done, so that what was compiled on the way is in it.
    process.once("exit", () => writeCache(path, script.createCachedData()));
  }
  return module.exports;
}

function readCache(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** Without a cache all works as well, only more slowly. */
function writeCache(path: string, bytes: Buffer): void {
  try {
    writeFileSync(`${path}.tmp`, bytes, { mode: 0o600 });
    renameSync(`${path}.tmp`, path);
  } catch {
    // A read-only work folder is told of by the outbox.
  }
}
