// The bundles in dist/ that never go to a device: the lab, the archive and the fleet.
import { copyFileSync, cpSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { changeLedger, changing, redirecting } from "./changes.mjs";
import { providing, SHARED } from "./device-bundle.mjs";
import { slimCrt } from "./device-changes.mjs";
import { DIST, SQLITE, TOP } from "./paths.mjs";
import { FLEET_CRT_INDEX, SERVER_CHANGES, SQLITE_PACKAGE, sqlitePackage } from "./server-changes.mjs";

/** Options for servers and the command line: dependencies are bundled, and names are kept for readable stack traces. */
const WHOLE = {
  ...SHARED,
  format: "esm",
  target: "node20",
  keepNames: true,
  metafile: true,
  banner: {
    js: `import { createRequire as requireFrom } from "node:module";\nconst require = requireFrom(import.meta.url);`,
  },
};

/** Builds the lab with its sample jobs, and the fleet with its workers, each a file of its own. Returns the metafiles. */
export async function servers() {
  cpSync(join(TOP, "src/lab/jobs"), join(DIST, "jobs"), { recursive: true });
  for (const arch of ["x64", "arm64"]) {
    const native = `prebuilds/linux-${arch}/@photostructure+sqlite.glibc.node`;
    copyFileSync(join(SQLITE, native), join(DIST, `sqlite-${arch}.node`));
  }
  const ledger = changeLedger();
  const { metafile } = await build({
    ...WHOLE,
    entryPoints: {
      lab: join(TOP, "src/commands/lab/run-lab.ts"),
      fleet: join(TOP, "src/commands/fleet/run-fleet.ts"),
      "fleet-worker": join(TOP, "src/fleet/store/worker-entry.ts"),
    },
    outdir: DIST,
    outExtension: { ".js": ".mjs" },
    splitting: true,
    chunkNames: "shared-[hash]",
    plugins: [
      redirecting([slimCrt, sqlitePackage], ledger),
      providing(slimCrt.resolve.namespace, FLEET_CRT_INDEX),
      providing(sqlitePackage.resolve.namespace, SQLITE_PACKAGE),
      changing(SERVER_CHANGES, ledger),
    ],
  });
  ledger.assertAllMade();
  return [metafile];
}

/** Builds the scripts and styles of the fleet's pages, which the program serves from its own folder. */
export async function fleetPage() {
  await build({
    entryPoints: [join(TOP, "src/fleet/web/browser/live-page.ts"), join(TOP, "src/fleet/web/browser/live-page.css")],
    outdir: DIST,
    bundle: true,
    minify: true,
    format: "iife",
    target: ["chrome105", "firefox104", "safari16"],
    logLevel: "warning",
  });
}

/**
 * Builds the archive with its packages; returns the metafiles. The Lambda function leaves out AWS's client for S3, which is
 * part of the runtime.
 */
export async function archive() {
  const served = build({
    ...WHOLE,
    entryPoints: [join(TOP, "src/commands/archive/run-archive.ts")],
    outfile: join(DIST, "archive.mjs"),
  });
  const lambda = build({
    ...WHOLE,
    entryPoints: [join(TOP, "src/archive/lambda-entry.ts")],
    outfile: join(DIST, "archive-lambda.mjs"),
    external: ["@aws-sdk/*"],
  });
  return (await Promise.all([served, lambda])).map(({ metafile }) => metafile);
}

/** Builds the fleet's receiver as a Lambda function, one file with its packages; returns the metafile. */
export async function fleetLambda() {
  const { metafile } = await build({
    ...WHOLE,
    entryPoints: [join(TOP, "src/fleet/lambda/fleet-lambda-entry.ts")],
    outfile: join(DIST, "fleet-lambda.mjs"),
  });
  return [metafile];
}

/** The shells' completion, which needs no packages. */
export async function completion() {
  await build({
    ...SHARED,
    minify: false,
    entryPoints: [join(TOP, "src/commands/completion/write-completion.ts")],
    outfile: join(DIST, "completion.mjs"),
    format: "esm",
    target: "node20",
  });
}
