// packdrift.mjs and examiner.cjs: the program of the device.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { build } from "esbuild";
import { changeLedger, changing, redirecting } from "./changes.mjs";
import {
  EXAMINER_CHANGES,
  KEEPER_CHANGES,
  NO_PROTO_LOADER,
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

/**
 * Builds the program into a folder: packdrift.mjs, which holds what stays resident, and examiner.cjs. Fails when a change to a
 * dependency was not made. Returns the metafiles of both and of what is packed in them.
 */
export async function deviceBundle(folder) {
  const examiner = await examinerFile(join(folder, "examiner.cjs"));
  const keeper = await bundle(join(TOP, "src/cli.ts"), join(folder, "packdrift.mjs"), {
    PACKDRIFT_EXAMINER: JSON.stringify({ sha256: examiner.sha256, launcher: await launcher() }),
  });
  examiner.ledger.assertAllMade();
  keeper.ledger.assertAllMade();
  const [{ imports }] = Object.values(keeper.metafile.outputs);
  const eager = imports.filter(({ kind, external }) => external && kind === "import-statement");
  if (eager.length > 0) throw new Error(`Cannot build the device bundle: ${eager[0].path} is imported at its start`);
  assertCrtIsWhole(keeper.metafile);
  return [keeper.metafile, ...examiner.metafiles];
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

/** Code that runs in the keeper's process; benchmarks bundle other entries the same way. */
export async function bundle(entry, outfile, define = {}) {
  const ledger = changeLedger();
  const { metafile } = await build({
    ...SHARED,
    entryPoints: [entry],
    outfile,
    format: "esm",
    define: { ...SHARED.define, ...define },
    banner: {
      js: `import { createRequire as requireFrom } from "node:module";
const packdriftUrl = import.meta.url, require = requireFrom(packdriftUrl);`,
    },
    plugins: [
      lazyBuiltins,
      redirecting([slimCrt, commandsFile, ...besideTheProgram], ledger),
      providing(slimCrt.resolve.namespace, SLIM_CRT_INDEX),
      providing(commandsFile.resolve.namespace, RUN_COMMANDS_FILE),
      changing(KEEPER_CHANGES, ledger),
    ],
    metafile: true,
  });
  return { metafile, ledger };
}

/**
 * examiner.cjs: all commands but `run`, in a script that V8 compiles ahead (src/bundle/program-file.ts). ASCII only, so that it is
 * read without decoding.
 */
async function examinerFile(outfile) {
  const ledger = changeLedger();
  const metafiles = [];
  const { metafile } = await build({
    ...SHARED,
    ...IN_A_SCRIPT,
    entryPoints: [join(TOP, "src/commands/one-shot.ts")],
    outfile,
    banner: { js: "(function (require, module, exports, packdriftUrl) {" },
    footer: { js: "})" },
    plugins: [...inAScript(ledger), packed(EDGE_AGENT, ledger, metafiles)],
    metafile: true,
  });
  // esbuild escapes texts, but no regular expressions.
  const [foreign] = /.{0,40}\P{ASCII}/u.exec(readFileSync(outfile, "utf8")) ?? [];
  if (foreign !== undefined) throw new Error(`Cannot build examiner.cjs: it has a letter outside ASCII, ${foreign}`);
  return { sha256: sha256Of(outfile), metafiles: [metafile, ...metafiles], ledger };
}

export const sha256Of = (file) => createHash("sha256").update(readFileSync(file)).digest("hex");

/** The text that `node -e` runs to start an examiner. */
export async function launcher() {
  const entryPoints = [join(TOP, "src/bundle/launch.ts")];
  const { outputFiles } = await build({ ...SHARED, ...IN_A_SCRIPT, entryPoints, write: false });
  return outputFiles[0].text;
}

/** What most checks do not need is packed within examiner.cjs: until it is needed, it is a string that is not parsed. */
const EDGE_AGENT = {
  name: "the Edge Agent's client, packed",
  source: "src/examiner/deployed/edge-agent.ts",
  exports: ["queryEdgeAgent"],
};

const commandsFile = {
  name: "the commands in examiner.cjs",
  source: "src/commands/one-shot.ts",
  resolve: { path: "commands", namespace: "commands-file" },
};
const RUN_COMMANDS_FILE = {
  contents: `
    import { dirname } from "node:path";
    import { fileURLToPath } from "node:url";
    import { examinerFile } from ${JSON.stringify(join(TOP, "src/bundle/examiner-file.ts"))};
    import { runProgramFile } from ${JSON.stringify(join(TOP, "src/bundle/program-file.ts"))};
    const loaded = runProgramFile(examinerFile(dirname(fileURLToPath(packdriftUrl))), null, require);
    export const runOneShot = loaded.runOneShot;`,
  resolveDir: TOP,
};

/** The lab, the archive, the fleet and the shells' completion never go to a device: the program looks for them in its own folder. */
const besideTheProgram = [
  {
    name: "the lab, beside the program",
    source: "src/commands/lab/run-lab.ts",
    resolve: { path: "./lab.mjs", external: true },
  },
  {
    name: "the archive, beside the program",
    source: "src/commands/archive/run-archive.ts",
    resolve: { path: "./archive.mjs", external: true },
  },
  {
    name: "the fleet, beside the program",
    source: "src/commands/fleet/run-fleet.ts",
    resolve: { path: "./fleet.mjs", external: true },
  },
  {
    name: "the shells' completion, beside the program",
    source: "src/commands/completion/write-completion.ts",
    resolve: { path: "./completion.mjs", external: true },
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

/** An esbuild plugin that provides one namespace's module. */
export function providing(namespace, module) {
  return {
    name: namespace,
    setup({ onLoad }) {
      onLoad({ filter: /.*/, namespace }, () => module);
    },
  };
}

/** In a script there is no import(), nor import.meta; its runner passes it `require` and its URL. */
const IN_A_SCRIPT = {
  format: "cjs",
  supported: { "dynamic-import": false },
  define: { ...SHARED.define, "import.meta.url": "packdriftUrl" },
};

function inAScript(ledger) {
  return [
    changing(EXAMINER_CHANGES, ledger),
    redirecting([protoLoader], ledger),
    providing(protoLoader.resolve.namespace, NO_PROTO_LOADER),
  ];
}

function packed({ name, source, exports }, ledger, metafiles) {
  const namespace = `packed-${source}`;
  return {
    name: namespace,
    setup(builder) {
      redirecting([{ name, source, resolve: { path: source, namespace } }], ledger).setup(builder);
      builder.onLoad({ filter: /.*/, namespace }, async () => {
        const { outputFiles, metafile } = await build({
          ...SHARED,
          ...IN_A_SCRIPT,
          entryPoints: [join(TOP, source)],
          plugins: inAScript(ledger),
          metafile: true,
          write: false,
        });
        metafiles.push(metafile);
        const text = brotliCompressSync(outputFiles[0].contents).toString("base64");
        return {
          contents: `
            import { runPacked } from ${JSON.stringify(join(TOP, "src/bundle/packed-code.ts"))};
            const loaded = runPacked("${text}", require, "${source}");
            ${exports.map((one) => `export const ${one} = loaded.${one};`).join("\n")}`,
          resolveDir: TOP,
        };
      });
    },
  };
}
