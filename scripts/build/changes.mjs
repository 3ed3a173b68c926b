// Changes that the build makes inside dependencies. An update of a dependency must not undo one silently: each change names
// what it expects in the file, and the build fails when a file no longer holds it or is no longer bundled.
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { TOP } from "./paths.mjs";

/** Notes which of the expected changes a build has made; `assertAllMade` throws for those that it has not. */
export function changeLedger() {
  const expected = new Map();
  const made = new Set();
  return {
    expect(name, what) {
      expected.set(name, what);
    },
    note(name) {
      made.add(name);
    },
    assertAllMade() {
      const missing = [...expected].filter(([name]) => !made.has(name));
      if (missing.length === 0) return;
      const lines = missing.map(([name, what]) => `  ${name}: expected ${what}, which did not occur`);
      throw new Error(`Cannot build the device bundle: changes that were not made\n${lines.join("\n")}`);
    },
  };
}

/** The changed text of a file. Throws where the file does not hold what the change expects. */
export function changedText({ name, expects, change }, path, text) {
  for (const expected of expects) {
    if (!text.includes(expected))
      throw new Error(
        `Cannot change ${path} (${name}): expected ${JSON.stringify(expected)} in it, which is not there`,
      );
  }
  const changed = change(text);
  if (changed === text) throw new Error(`Cannot change ${path} (${name}): the file came out unchanged`);
  return changed;
}

/**
 * An esbuild plugin that makes these changes, each `{ name, file, expects, change, loader? }`: `file` matches the path, `expects`
 * lists texts that the file must contain, `change` returns its new text.
 */
export function changing(changes, ledger) {
  return {
    name: "changing",
    setup({ onLoad }) {
      for (const one of changes) {
        ledger.expect(one.name, `a file that matches ${one.file}`);
        onLoad({ filter: one.file }, ({ path }) => {
          const contents = changedText(one, path, readFileSync(path, "utf8"));
          ledger.note(one.name);
          return { contents, loader: one.loader ?? "js" };
        });
      }
    },
  };
}

/**
 * An esbuild plugin that resolves imports of our own files or of packages itself; each `{ name, source, resolve }`, `source` the
 * file that is meant, however it is imported, or the package's name.
 */
export function redirecting(redirects, ledger) {
  return {
    name: "redirecting",
    setup({ onResolve }) {
      for (const one of redirects) {
        ledger.expect(one.name, `the import of ${one.source}`);
        const own = one.source.endsWith(".ts");
        const meant = own ? join(TOP, one.source) : one.source;
        const filter = new RegExp(own ? `${basename(one.source, ".ts")}\\.js$` : `^${one.source}$`);
        onResolve({ filter }, ({ path, resolveDir }) => {
          if (own && join(resolveDir, path).replace(/\.js$/, ".ts") !== meant) return undefined;
          ledger.note(one.name);
          return one.resolve;
        });
      }
    },
  };
}
