// Builds what Greengrass deploys, and what `npx packdrift` runs.
//   artifacts/io.packdrift.Monitor/<version>/  packdrift.mjs, aws-crt-x64.node, aws-crt-arm64.node
//   greengrass-build/                          the same with the recipe, as `gdk component build` lays it: it calls this too
//   dist/                                      the same program with the lab beside it
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { builtinModules, createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { build } from "esbuild";

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const { version } = JSON.parse(readFileSync(join(top, "package.json"), "utf8"));
const crt = dirname(require.resolve("aws-crt/package.json"));
const COMPONENT = "io.packdrift.Monitor";

/**
 * Only the parts of aws-crt that the IPC client uses, its digests, and MQTT 5 when it is asked for: the index loads 44 files, and runs `ldd`
 * to choose a binary. MQTT over a WebSocket or a proxy, and metrics about ourselves, are not among them.
 */
const slimCrt = {
  name: "slim-aws-crt",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^aws-crt$/ }, () => ({ path: "aws-crt", namespace: "slim" }));
    onLoad({ filter: /.*/, namespace: "slim" }, () => ({
      contents: `
        exports.eventstream = require("./dist/native/eventstream");
        exports.io = require("./dist/native/io");
        exports.CrtError = require("./dist/native/error").CrtError;
        exports.cancel = require("./dist/common/cancel");
        exports.checksums = require("./dist/native/checksums");
        exports.crypto = require("./dist/native/crypto");
        let mqtt5;
        Object.defineProperty(exports, "mqtt5", {
          enumerable: true,
          get: () => (mqtt5 ??= require("./dist/native/mqtt5")),
        });`,
      resolveDir: crt,
    }));
    onLoad({ filter: /aws-crt\/dist\/native\/(http|aws_iot_metrics)\.js$/ }, () => ({
      contents: "exports.unused = true;",
    }));
    onLoad({ filter: /aws-crt\/dist\/native\/binding\.js$/ }, () => ({
      contents: `
        exports.__esModule = true;
        exports.default = require(process.env.AWS_CRT_NODEJS_BINARY_ABSOLUTE_PATH);`,
    }));
  },
};

/** node-cron asks ICU for the parts of a date, 15 ms at first use. Our schedules are in UTC, and those parts Date knows. */
const utcCron = {
  name: "utc-cron",
  setup({ onLoad }) {
    onLoad({ filter: /node-cron\/dist\/_shared\.js$/ }, ({ path }) => ({
      contents: `import { Intl } from ${JSON.stringify(join(top, "src/bundle/utc-intl.ts"))};\n${readFileSync(path, "utf8")}`,
    }));
  },
};

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

/** What a device never uses: a person's browser login to AWS, pino's worker threads, packages' manifests but their versions. */
const leaner = {
  name: "leaner",
  setup({ onLoad }) {
    onLoad({ filter: /credential-provider-sso\/dist-es\/index\.js$/ }, () => ({
      contents: `
        export const fromSSO = () => async () => {
          const error = new Error("SSO logins are not part of this program: use another kind of credentials");
          throw Object.assign(error, { name: "CredentialsProviderError", tryNextLink: true });
        };
        export const isSsoProfile = () => false;
        export const validateSsoProfile = (profile) => profile;`,
    }));
    // gRPC's own inspection service, which would bring a protobuf runtime.
    onLoad({ filter: /grpc-js\/build\/src\/(admin|channelz)\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replace(/require\("@grpc\/proto-loader"\)/g, "undefined"),
    }));
    // One assertion, for which Node would load 0.3 MB.
    onLoad({ filter: /sonic-boom\/index\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replace(
        "require('assert')",
        "(ok, text) => { if (!ok) throw new Error(text); }",
      ),
    }));
    // On Node 16 the client warns that it will not go on with it. JetPack 4 has no newer Node, and the client is built in.
    onLoad({ filter: /dist-es\/.*\/emitWarningIfUnsupportedVersion\.js$/ }, () => ({
      contents: `
        export const state = { warningEmitted: true };
        export const emitWarningIfUnsupportedVersion = () => undefined;`,
    }));
    onLoad({ filter: /pino\/lib\/transport\.js$/ }, () => ({
      contents: `module.exports = () => { throw new Error("Log transports are not part of this program"); };`,
    }));
    onLoad({ filter: /node_modules\/@(aws-sdk|smithy)\/[^/]+\/package\.json$/ }, ({ path }) => ({
      contents: JSON.stringify({ version: JSON.parse(readFileSync(path, "utf8")).version }),
      loader: "json",
    }));
  },
};

/**
 * All commands but `run` travel packed: the idling component would pay 5 MB for their plain text. The examiner, a process
 * of its own, unpacks them within 10 ms. What few devices need is packed once more within: as long as it is not asked for
 * it is a text that nobody reads.
 */
function packed(filter, entry, names, more) {
  return {
    name: `packed-${entry}`,
    setup({ onResolve, onLoad }) {
      onResolve({ filter }, () => ({ path: entry, namespace: "packed" }));
      onLoad({ filter: /.*/, namespace: "packed" }, async () => {
        const { outputFiles, metafile } = await build({
          ...shared,
          entryPoints: [join(top, entry)],
          format: "cjs",
          // In a packed text there is no import(); require is given to it.
          supported: { "dynamic-import": false },
          define: { ...shared.define, "import.meta.url": "packdriftUrl" },
          plugins: [leaner, utcCron, ...more],
          metafile: true,
          write: false,
        });
        Object.assign(packedInputs, metafile.inputs);
        const text = brotliCompressSync(outputFiles[0].contents).toString("base64");
        return {
          contents: `
            import { runPacked } from ${JSON.stringify(join(top, "src/bundle/packed-code.ts"))};
            const loaded = runPacked("${text}", require, packdriftUrl, "${entry}");
            ${names.map((name) => `export const ${name} = loaded.${name};`).join("\n")}`,
          resolveDir: top,
        };
      });
    },
  };
}
const packedEdgeAgent = packed(
  /\/deployed\/edge-agent\.js$/,
  "src/examiner/deployed/edge-agent.ts",
  ["askEdgeAgent"],
  [],
);
const packedCommands = packed(
  /\/commands\/packed\.js$/,
  "src/commands/packed.ts",
  ["runPackedCommand"],
  [packedEdgeAgent],
);
const packedInputs = {};

const shared = {
  bundle: true,
  platform: "node",
  target: "node16.20",
  mainFields: ["module", "main"],
  minify: true,
  legalComments: "none",
  define: { PACKDRIFT_VERSION: JSON.stringify(version) },
  logLevel: "warning",
};

/** The lab and the archive never go to a device: the program looks for them beside itself. */
const labBeside = {
  name: "lab-beside",
  setup({ onResolve }) {
    onResolve({ filter: /\/lab\/lab\.js$/ }, () => ({ path: "./lab.mjs", external: true }));
    onResolve({ filter: /\/archive\/actions\.js$/ }, () => ({ path: "./archive.mjs", external: true }));
  },
};

/** The options of the device bundle; `entry` and `outfile` differ for benchmarks. */
export function bundle(entry, outfile) {
  return build({
    ...shared,
    entryPoints: [entry],
    outfile,
    format: "esm",
    banner: {
      js: `import { createRequire as requireFrom } from "node:module";
const packdriftUrl = import.meta.url, require = requireFrom(packdriftUrl);`,
    },
    plugins: [lazyBuiltins, slimCrt, leaner, packedCommands, labBeside],
    metafile: true,
  });
}

/** What `import … from "packdrift"` gives, with its types: the declarations of src/index.ts and all that it names. */
async function receiverLibrary(dist) {
  const entry = join(top, "src/index.ts");
  await build({
    entryPoints: [entry],
    outfile: join(dist, "index.mjs"),
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node16.20",
    logLevel: "warning",
  });
  const options = [
    "--noEmit",
    "false",
    "--declaration",
    "--emitDeclarationOnly",
    "--outDir",
    join(dist, "types"),
    "--rootDir",
    join(top, "src"),
  ];
  const settings = [
    "--module",
    "nodenext",
    "--target",
    "es2022",
    "--lib",
    "es2022",
    "--types",
    "node",
    "--strict",
    "--skipLibCheck",
  ];
  execFileSync(process.execPath, [require.resolve("typescript/bin/tsc"), entry, ...options, ...settings], {
    cwd: top,
    stdio: "inherit",
  });
}

async function main() {
  const artifacts = join(top, "artifacts", COMPONENT, version);
  const dist = join(top, "dist");
  for (const folder of [dirname(artifacts), dist]) rmSync(folder, { recursive: true, force: true });
  for (const folder of [artifacts, dist]) mkdirSync(folder, { recursive: true });

  const { metafile } = await bundle(join(top, "src/cli.ts"), join(artifacts, "packdrift.mjs"));
  writeFileSync(join(dist, "packdrift.meta.json"), JSON.stringify({ ...metafile, packed: packedInputs }));
  for (const arch of ["x64", "arm64"]) {
    const binary = join(crt, `dist/bin/linux-${arch}-glibc/aws-crt-nodejs.node`);
    copyFileSync(binary, join(artifacts, `aws-crt-${arch}.node`));
  }
  // No hard links: npm leaves them out of a package.
  for (const file of readdirSync(artifacts)) copyFileSync(join(artifacts, file), join(dist, file));
  greengrassBuild(artifacts);

  await receiverLibrary(dist);
  cpSync(join(top, "src/lab/jobs"), join(dist, "jobs"), { recursive: true });
  // The lab's packages (broker, MQTT client, YAML) come from node_modules: it never goes to a device.
  await build({
    entryPoints: [join(top, "src/lab/lab.ts")],
    outfile: join(dist, "lab.mjs"),
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    define: { PACKDRIFT_VERSION: JSON.stringify(version) },
    logLevel: "warning",
  });
  await archive(dist);
}

/**
 * What `gdk component publish` and local deployments take. GDK looks for `recipe.yaml`; nucleus lite finds a recipe by
 * `<name>-<version>.yaml`, a name that GDK writes itself when it publishes.
 */
function greengrassBuild(artifacts) {
  const build = join(top, "greengrass-build");
  rmSync(build, { recursive: true, force: true });
  for (const name of ["recipe", `${COMPONENT}-${version}`]) {
    cpSync(join(top, "recipe/recipe.yaml"), join(build, "recipes", `${name}.yaml`));
  }
  cpSync(artifacts, join(build, "artifacts", COMPONENT, version), { recursive: true });
}

/** The archive holds its packages; as a Lambda function it leaves AWS's client for S3 to the runtime, which has it. */
export async function archive(dist) {
  const requireFrom = `import { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);`;
  const options = { ...shared, format: "esm", target: "node20", minify: false, banner: { js: requireFrom } };
  await build({
    ...options,
    entryPoints: [join(top, "src/commands/archive/actions.ts")],
    outfile: join(dist, "archive.mjs"),
  });

  await build({
    ...options,
    entryPoints: [join(top, "src/archive/lambda-entry.ts")],
    outfile: join(dist, "archive-lambda.mjs"),
    external: ["@aws-sdk/*"],
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
