import { execFile, execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startFleetProcess } from "./flows/fleet-process.js";
import { TOP, VERSION } from "./flows/flow-parts.js";
import { mustRun } from "./needed.js";
import { nodesNamed, prepare, type Runnable } from "./node-versions/nodes.js";

const require = createRequire(import.meta.url);
const run = promisify(execFile);
/** An installed package, in a folder that held nothing else. */
let folder = "";
let tarball = "";
const installed = () => join(folder, "node_modules/packdrift");
const PROGRAM = () => join(folder, "node_modules/.bin/packdrift");

let installation = { status: null as number | null, stdout: "", stderr: "" };
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "packdrift-package-"));
  execFileSync("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder], { cwd: TOP });
  tarball = join(folder, `packdrift-${VERSION}.tgz`);
  // The prefix, since npm would use a folder above that has a package.json.
  const args = ["install", "--offline", "--no-fund", "--no-audit", "--prefix", folder, tarball];
  // What npm writes of its own newer version is not about the package.
  const env = { ...process.env, npm_config_cache: join(folder, "cache"), npm_config_update_notifier: "false" };
  installation = spawnSync("npm", args, { cwd: folder, encoding: "utf8", env });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the npm package", () => {
  it("installs without warnings, scripts or other packages, also without a network", () => {
    const { status, stdout, stderr } = installation;

    expect([status, stderr, stdout.trim()]).toEqual([0, "", expect.stringMatching(/^added 1 package in \S+$/)]);
    expect(readdirSync(join(folder, "node_modules")).sort()).toEqual([".bin", ".package-lock.json", "packdrift"]);
  });

  it("is under 4 MB packed with one architecture's native part, and under 5.3 MB with SQLite's for Node 20", () => {
    const packed = (name: string) => gzipSync(readFileSync(join(installed(), "dist", name)), { level: 9 }).length;
    const all = statSync(tarball).size;
    const one = all - packed("aws-crt-arm64.node") - packed("sqlite-arm64.node");

    expect(one).toBeLessThan(5_300_000);
    expect(one - packed("sqlite-x64.node")).toBeLessThan(4_000_000);
  });

  it("holds the programs, the schemas, what they are made of, and nothing of the build", () => {
    const files = readdirSync(installed(), { recursive: true, encoding: "utf8" });

    for (const file of [
      ...["packdrift.mjs", "examiner.cjs", "lab.mjs", "fleet.mjs", "fleet-worker.mjs", "archive.mjs", "recipe.json"],
      ...["index.mjs", "index.cjs", "index.d.mts", "index.d.cts"],
      ...["aws-crt-x64.node", "aws-crt-arm64.node", "sqlite-x64.node", "sqlite-arm64.node"],
      ...["report.schema.json", "model.schema.json", "settings.schema.json"],
      ...["LICENSE", "THIRD-PARTY-NOTICES.txt", "sbom.cdx.json", "SHA256SUMS"],
    ])
      expect(files).toContain(`dist/${file}`);
    expect(files).toEqual(expect.arrayContaining(["README.md", "CHANGELOG.md", "recipe/recipe.yaml", "package.json"]));
    expect(
      files.filter((file) => /^(src|test|scripts)(\/|$)|meta.*\.json$|\.map$|^dist\/(types|chaos)/.test(file)),
    ).toEqual([]);
    execFileSync("sha256sum", ["--check", "--quiet", "SHA256SUMS"], { cwd: join(installed(), "dist") });
  });

  it("says where it comes from and what it needs", () => {
    const manifest = JSON.parse(readFileSync(join(installed(), "package.json"), "utf8"));

    expect(manifest).toMatchObject({
      homepage: "https://github.com/packdrift/packdrift",
      bugs: { url: "https://github.com/packdrift/packdrift/issues" },
      repository: { type: "git", url: "git+https://github.com/packdrift/packdrift.git" },
      license: "Apache-2.0",
      engines: { node: ">=20" },
    });
    expect(manifest.keywords.length).toBeGreaterThan(5);
    for (const kind of ["dependencies", "optionalDependencies", "peerDependencies"])
      expect(manifest).not.toHaveProperty(kind);
    for (const event of ["preinstall", "install", "postinstall", "prepare"])
      expect(manifest.scripts).not.toHaveProperty(event);
  });

  it("passes publint without a message", async () => {
    const { publint } = await import("publint");

    const { messages } = await publint({ pkgDir: installed(), strict: true, pack: false });

    expect(messages).toEqual([]);
  });

  it("has types that are right for every kind of import, by are-the-types-wrong", () => {
    const attw = join(dirname(require.resolve("@arethetypeswrong/cli/package.json")), "dist/index.js");

    const { stdout, status } = spawnSync(process.execPath, [attw, "--format", "json", tarball], { encoding: "utf8" });

    expect(JSON.parse(stdout).problems ?? {}).toEqual({});
    expect(status).toBe(0);
  });
});

describe.each(nodesNamed("20 24").map((node) => [node.major, node] as const))(
  "on Node %i, the installed package",
  (_, device) => {
    let runnable: Runnable = { missing: "not prepared" };
    beforeAll(async () => {
      runnable = await prepare(device);
    });
    beforeEach((test) => {
      if (!("missing" in runnable)) return;
      if (mustRun) throw new Error(`Cannot test on Node ${device.version}: ${runnable.missing}`);
      test.skip(runnable.missing);
    });
    const node = () => ("path" in runnable ? runnable.path : "");
    const packdrift = (...args: string[]) => packdriftOf(PROGRAM(), ...args);
    const packdriftOf = async (program: string, ...args: string[]) => {
      const env = { PATH: `${dirname(node())}:/usr/bin:/bin`, HOME: folder };
      const ended = run(node(), [program, ...args], { cwd: folder, env, maxBuffer: 64 << 20 });
      const { stdout, stderr } = await ended.catch((error: { stdout: string; stderr: string }) => error);
      return { out: stdout, err: stderr };
    };

    it("prints its version, the machine's facts, and whether a job and a model fit", async () => {
      const job = join(installed(), "dist/jobs/x86-cpu-avx2.json");

      expect(await packdrift("--version")).toEqual({ out: `${VERSION}\n`, err: "" });
      const { out: facts } = await packdrift("facts", "--json");
      expect(JSON.parse(facts)).toMatchObject({ schema: "packdrift.facts/1" });
      expect((await packdrift("check", "--job", job)).out).toContain("bottle-caps");
      const machine = join(folder, `facts-${device.major}.json`);
      writeFileSync(machine, facts);
      expect((await packdrift("preflight", "--job", job, "--facts", machine, "--json")).out).toContain(
        "packdrift.preflight/2",
      );
    });

    it("runs the lab with a virtual fleet and its page", async () => {
      const { out, err } = await packdrift("lab", "--once", "--fleet", "3");

      expect(err).toBe("");
      expect(out).toContain("device");
      expect(out).toMatch(/\nfleet: 5 devices, .*\n\nThe fleet's page: http:\/\/127\.0\.0\.1:\d+\n$/s);
    });

    it("makes no deprecated call of Node.js in the lab, which Node.js warns of only outside node_modules", async () => {
      expect((await packdriftOf(join(TOP, "dist/packdrift.mjs"), "lab", "--once", "--fleet", "3")).err).toBe("");
    });

    it("starts an archive and a fleet with its database", async () => {
      const jobs = join(folder, `jobs-${device.major}`);
      await packdrift("archive", "import", "--dir", jobs, join(installed(), "dist/jobs/x86-cpu-avx2.json"));
      expect((await packdrift("archive", "list", "--dir", jobs)).out).toContain("bottle-caps");
      const database = join(folder, `fleet-${device.major}.db`);
      const fleet = startFleetProcess(["--broker", "mqtt://127.0.0.1:9", "--store", database], {
        node: node(),
        program: join(installed(), "dist/packdrift.mjs"),
      });

      const page = await (await fetch(await fleet.url())).text();

      expect(page).toContain("<!doctype html>");
      expect(await fleet.stop()).toBe(0);
      expect(statSync(database).size).toBeGreaterThan(0);
    });

    it("is used by TypeScript and JavaScript of both kinds", async () => {
      const project = join(folder, `consumer-${device.major}`);
      mkdirSync(project);
      writeFileSync(
        join(project, "as-module.mts"),
        consumer(
          'import schema from "packdrift/report.schema.json" with { type: "json" };\nimport { parseReport, receiver, type Received, type Receiver } from "packdrift";',
        ),
      );
      writeFileSync(
        join(project, "as-script.cts"),
        consumer(
          'import schema = require("packdrift/report.schema.json");\nimport packdrift = require("packdrift");\nimport type { Received, Receiver } from "packdrift";\nconst { parseReport, receiver } = packdrift;',
        ),
      );
      const compilerOptions = {
        module: "nodenext",
        target: "es2022",
        strict: true,
        skipLibCheck: false,
        types: [],
        lib: ["es2022"],
        resolveJsonModule: true,
        exactOptionalPropertyTypes: true,
      };
      writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions }));

      const compiled = spawnSync(process.execPath, [require.resolve("typescript/bin/tsc"), "-p", project], {
        encoding: "utf8",
      });

      expect(compiled.stdout).toBe("");
      for (const file of ["as-module.mjs", "as-script.cjs"]) {
        const { stdout } = await run(node(), ["--no-warnings", join(project, file)]);
        expect(stdout.trim()).toMatch(/^function \S.* Cannot read a report: /);
      }
    });
  },
);

/** A program in TypeScript that uses the library. */
const consumer = (imports: string) => `${imports}
declare const console: { log(...values: readonly unknown[]): void };

const to: Receiver = receiver();
const received: readonly Received[] = to.receive("{}", "line-4");
const refused = received.map((each) => (each.kind === "refused" ? each.why : each.kind));
console.log(typeof parseReport, schema.$id ?? schema.title, refused.join());
`;
