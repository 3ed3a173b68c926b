// How long `packdrift preflight` takes for a fleet: 100 jobs on 1,000 machines, by how much the machines differ.
//   node scripts/build.mjs && node bench/preflight.mjs
// Wanted: under 3 s after loading. The last line is the built program as a whole, loading and writing included.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const JOBS = 100;
const MACHINES = 1_000;
const top = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), "packdrift-bench-"));

/** What sets one machine of a kind apart from the next. */
const VARIATIONS = {
  "30 kinds, alike": () => ({}),
  "memory and kernel differ": (at) => ({
    kernelRelease: known(`5.4.0-${at}`),
    memory: known({ totalBytes: 8e9 + at, availableBytes: at }),
  }),
  "driver and CPU differ too": (at, readings) => ({
    kernelRelease: known(`5.4.0-${at}`),
    memory: known({ totalBytes: 8e9 + at, availableBytes: at }),
    ...(readings.driver.state === "known" ? { driver: known(`5${10 + (at % 90)}.${at}`) } : {}),
    ...(readings.cpu.state === "known" ? { cpu: known({ ...readings.cpu.value, cores: at }) } : {}),
  }),
};

try {
  const { readInputs, preflight, renderPreflight, preflightJson, fullPreflightJson } = await sources();
  const jobs = writeJobs();
  const hosts = (await readInputs([], hostFolders(), console.error)).machines.map(({ facts }) => facts);
  let files = [];
  for (const [name, vary] of Object.entries(VARIATIONS)) {
    files = writeFacts(name, hosts, vary);
    const loading = performance.now();
    const inputs = await readInputs(jobs, files, console.error);
    const text = performance.now();
    const pairs = () => preflight(inputs.jobs, inputs.machines, "2026-11-23T18:00:00.000Z");
    const characters = renderPreflight(inputs.jobs, inputs.machines, pairs(), { colour: false, width: 100 }).length;
    const json = performance.now();
    const bytes = sizeOf(preflightJson(pairs()));
    const full = performance.now();
    const fullBytes = sizeOf(fullPreflightJson(pairs()));
    const end = performance.now();
    console.log(
      `${name}: loading ${seconds(text - loading)}, text ${seconds(json - text)} (${characters} characters), ` +
        `JSON ${seconds(full - json)} (${megabytes(bytes)}), with --full ${seconds(end - full)} (${megabytes(fullBytes)}), memory ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB`,
    );
  }
  const start = performance.now();
  const program = join(top, "dist/packdrift.mjs");
  const { status } = spawnSync(process.execPath, [program, "preflight", "--job", ...jobs, "--facts", ...files], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  console.log(`built program, text: ${seconds(performance.now() - start)}, exit ${status}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function sources() {
  const names = {
    readInputs: "commands/shared/inputs.ts",
    preflight: "drift/preflight.ts",
    renderPreflight: "report/preflight/preflight-text.ts",
    preflightJson: "report/preflight/preflight-json.ts",
    fullPreflightJson: "report/preflight/preflight-json.ts",
  };
  const outfile = join(folder, "sources.mjs");
  await build({
    stdin: {
      contents: Object.entries(names)
        .map(([name, path]) => `export { ${name} } from ${JSON.stringify(join(top, "src", path))};`)
        .join("\n"),
      resolveDir: top,
    },
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
  });
  return import(pathToFileURL(outfile).href);
}

function writeJobs() {
  const samples = join(top, "src/lab/jobs");
  const texts = readdirSync(samples).map((name) => readFileSync(join(samples, name), "utf8"));
  return Array.from({ length: JOBS }, (_, at) => {
    const path = join(folder, `job-${at}.json`);
    writeFileSync(path, texts[at % texts.length].replace(/"JobName": "[^"]+"/, `"JobName": "job-${at}"`));
    return path;
  });
}

function hostFolders() {
  const hosts = join(top, "test/hosts");
  return readdirSync(hosts)
    .filter((name) => !name.endsWith(".md"))
    .map((name) => join(hosts, name));
}

function writeFacts(name, hosts, vary) {
  const place = join(folder, name);
  mkdirSync(place);
  return Array.from({ length: MACHINES }, (_, at) => {
    const readings = hosts[at % hosts.length];
    const path = join(place, `line-${at}.json`);
    writeFileSync(
      path,
      JSON.stringify({ schema: "packdrift.facts/1", readings: { ...readings, ...vary(at, readings) } }),
    );
    return path;
  });
}

function known(value) {
  return { state: "known", value, from: "/bench", confidence: "FIRM" };
}

function sizeOf(pieces) {
  let bytes = 0;
  for (const piece of pieces) bytes += piece.length;
  return bytes;
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

function seconds(milliseconds) {
  return `${(milliseconds / 1_000).toFixed(2)} s`;
}
