/** Unpacks and runs code that the build packed (scripts/build.mjs), and returns its exports. */
export function runPacked(packed: string, require: NodeJS.Require, name: string): Record<string, unknown> {
  // Loaded here: most processes run no packed code.
  const { Script } = require("node:vm") as typeof import("node:vm");
  const { brotliDecompressSync } = require("node:zlib") as typeof import("node:zlib");
  const text = brotliDecompressSync(Buffer.from(packed, "base64")).toString();
  const script = new Script(`(function (require, module, exports) {${text}\n})`, { filename: `packdrift:${name}` });
  const module = { exports: {} };
  script.runInThisContext()(require, module, module.exports);
  return module.exports;
}
