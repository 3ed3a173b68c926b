// packdrift.mjs: the program of the device, in one file.
import { readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { build } from "esbuild";
import { changeLedger, changing, redirecting } from "./changes.mjs";
import {
  KEEPER_CHANGES,
  NO_PROTO_LOADER,
  PACKED_CHANGES,
  protoLoader,
  SLIM_CRT_INDEX,
  SLIM_CRT_MEMBERS,
  slimCrt,
} from "./device-changes.mjs";
import { TOP, VERSION } from "./paths.mjs";

/** The options that all bundles share which hold their packages. */
export const SHARED = {
  bundle: true,
  platform: "node",
  target: "node16.20",
  mainFields: ["module", "main"],
  minify: true,
  legalComments: "none",
  define: { PACKDRIFT_VERSION: JSON.stringify(VERSION) },
  logLevel: "warning",
};

/** Builds src/cli.ts, and fails when a change to a dependency was not made. Gives the metafiles of it and of its packed parts. */
export async function deviceBundle(outfile) {
  const { metafiles, ledger } = await bundle(join(TOP, "src/cli.ts"), outfile);
  ledger.assertAllMade();
  const [metafile] = metafiles;
  const [{ imports }] = Object.values(metafile.outputs);
  const eager = imports.filter(({ kind, external }) => external && kind === "import-statement");
  if (eager.length > 0) throw new Error(`Cannot build the device bundle: ${eager[0].path} is imported at its start`);
  assertCrtIsWhole(metafile);
  return metafiles;
}

/** The IPC client must find everything in the slim index of aws-crt that it uses of the whole one. */
function assertCrtIsWhole({ inputs }) {
  for (const file of Object.keys(inputs).filter((path) => path.includes("/aws-iot-device-sdk-v2/"))) {
    for (const [, used] of readFileSync(file, "utf8").matchAll(/\baws_crt_\d+\.(\w+)/g)) {
      if (!SLIM_CRT_MEMBERS.includes(used))
        throw new Error(
          `Cannot build the device bundle: ${file} uses "${used}" of aws-crt, which the slim index lacks`,
        );
    }
  }
}

/** The device bundle of another entry, as benchmarks need it. */
export async function bundle(entry, outfile) {
  const ledger = changeLedger();
  const metafiles = [];
  const packedEdgeAgent = packed(
    {
      name: "the Edge Agent's client, packed",
      source: "src/examiner/deployed/edge-agent.ts",
      exports: ["askEdgeAgent"],
      plugins: [],
    },
    ledger,
    metafiles,
  );
  const packedCommands = packed(
    {
      name: "the commands, packed",
      source: "src/commands/packed.ts",
      exports: ["runPackedCommand"],
      plugins: [packedEdgeAgent],
    },
    ledger,
    metafiles,
  );
  const { metafile } = await build({
    ...SHARED,
    entryPoints: [entry],
    outfile,
    format: "esm",
    banner: {
      js: `import { createRequire as requireFrom } from "node:module";
const packdriftUrl = import.meta.url, require = requireFrom(packdriftUrl);`,
    },
    plugins: [
      lazyBuiltins,
      redirecting([slimCrt, ...besideTheProgram], ledger),
      providing(slimCrt.resolve.namespace, SLIM_CRT_INDEX),
      changing(KEEPER_CHANGES, ledger),
      packedCommands,
    ],
    metafile: true,
  });
  return { metafiles: [metafile, ...metafiles], ledger };
}

/** The lab and the archive never go to a device: the program looks for them beside itself. */
const besideTheProgram = [
  { name: "the lab, beside the program", source: "src/lab/lab.ts", resolve: { path: "./lab.mjs", external: true } },
  {
    name: "the archive, beside the program",
    source: "src/commands/archive/actions.ts",
    resolve: { path: "./archive.mjs", external: true },
  },
];

/**
 * Built-in modules are loaded by the part that needs them, when it is first used: hoisted to the top of the bundle they
 * would cost 3 MB at every start, and Node 16 would refuse imports of what its crypto does not export.
 */
const lazyBuiltins = {
  name: "lazy-builtins",
  setup({ onResolve, onLoad }) {
    const names = new Set(builtinModules.flatMap((name) => [name, `node:${name}`]));
    onResolve({ filter: /^(node:)?[a-z_0-9/]+$/ }, ({ path, kind }) =>
      kind !== "require-call" && names.has(path) ? { path, namespace: "lazy-builtin" } : undefined,
    );
    onLoad({ filter: /.*/, namespace: "lazy-builtin" }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
    }));
  },
};

function providing(namespace, module) {
  return {
    name: namespace,
    setup({ onLoad }) {
      onLoad({ filter: /.*/, namespace }, () => module);
    },
  };
}

/**
 * All commands but `run` travel packed: the idling component would pay 5 MB for their plain text. The examiner, a process
 * of its own, unpacks them within 10 ms. What few devices need is packed once more within: until it is asked for, it is a
 * string that nobody parses.
 */
function packed({ name, source, exports, plugins }, ledger, metafiles) {
  const namespace = `packed-${source}`;
  return {
    name: namespace,
    setup(builder) {
      redirecting([{ name, source, resolve: { path: source, namespace } }], ledger).setup(builder);
      builder.onLoad({ filter: /.*/, namespace }, async () => {
        const { outputFiles, metafile } = await build({
          ...SHARED,
          entryPoints: [join(TOP, source)],
          format: "cjs",
          // In a packed text there is no import(); require is given to it.
          supported: { "dynamic-import": false },
          define: { ...SHARED.define, "import.meta.url": "packdriftUrl" },
          plugins: [
            changing(PACKED_CHANGES, ledger),
            redirecting([protoLoader], ledger),
            providing(protoLoader.resolve.namespace, NO_PROTO_LOADER),
            ...plugins,
          ],
          metafile: true,
          write: false,
        });
        metafiles.push(metafile);
        const text = brotliCompressSync(outputFiles[0].contents).toString("base64");
        return {
          contents: `
            import { runPacked } from ${JSON.stringify(join(TOP, "src/bundle/packed-code.ts"))};
            const loaded = runPacked("${text}", require, packdriftUrl, "${source}");
            ${exports.map((one) => `export const ${one} = loaded.${one};`).join("\n")}`,
          resolveDir: TOP,
        };
      });
    },
  };
}
