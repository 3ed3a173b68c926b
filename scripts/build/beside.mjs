// What lies beside the program in dist/ and never goes to a device: the lab, the archive and the fleet.
import { cpSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { SHARED } from "./device-bundle.mjs";
import { DIST, TOP } from "./paths.mjs";

/** The lab, whose packages (broker, MQTT client, YAML) come from node_modules, and its sample jobs. */
export async function lab() {
  cpSync(join(TOP, "src/lab/jobs"), join(DIST, "jobs"), { recursive: true });
  await build({
    ...SHARED,
    minify: false,
    entryPoints: [join(TOP, "src/lab/lab.ts")],
    outfile: join(DIST, "lab.mjs"),
    format: "esm",
    target: "node20",
    packages: "external",
  });
}

/** The fleet and its workers, each a file of its own; their packages (database, MQTT client) come from node_modules. */
export async function fleet() {
  await build({
    ...SHARED,
    minify: false,
    entryPoints: {
      fleet: join(TOP, "src/commands/fleet/run-fleet.ts"),
      "fleet-worker": join(TOP, "src/fleet/store/worker-entry.ts"),
    },
    outdir: DIST,
    outExtension: { ".js": ".mjs" },
    format: "esm",
    target: "node20",
    packages: "external",
  });
}

/** What browsers load of the fleet's pages, beside the program that serves it. */
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

/** The archive with its packages, of which it gives the metafiles; as a Lambda function it leaves AWS's client for S3 to the runtime, which has it. */
export async function archive() {
  const requireFrom = `import { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);`;
  const options = {
    ...SHARED,
    format: "esm",
    target: "node20",
    minify: false,
    metafile: true,
    banner: { js: requireFrom },
  };
  const served = build({
    ...options,
    entryPoints: [join(TOP, "src/commands/archive/actions.ts")],
    outfile: join(DIST, "archive.mjs"),
  });
  const lambda = build({
    ...options,
    entryPoints: [join(TOP, "src/archive/lambda-entry.ts")],
    outfile: join(DIST, "archive-lambda.mjs"),
    external: ["@aws-sdk/*"],
  });
  return (await Promise.all([served, lambda])).map(({ metafile }) => metafile);
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
