// `npm run bench`: what the component costs, compared with a minimal component in Node, measured in turn in one run.
//   --json FILE   writes the figures as well      --runs N    cold starts of each (7 at least)
//   --idle S      seconds until the idle figures are read (default 105: 45 to settle, as memory is given back half a minute after
//                 the first report, then one minute of CPU)
import { spawn, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { deflateRawSync } from "node:zlib";
import { parseRecipe, startNucleus, startSampleArchive } from "../dist/lab.mjs";
import { bundle } from "../scripts/build/device-bundle.mjs";

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const { version } = JSON.parse(readFileSync(join(top, "package.json"), "utf8"));
const artifacts = join(top, "artifacts/io.packdrift.Monitor", version);
const option = (name, fallback) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? fallback : process.argv[at + 1];
};
const runs = Math.max(7, Number(option("--runs", 7)));
const idleSeconds = Math.max(5, Number(option("--idle", 105)));
const folder = mkdtempSync(join(tmpdir(), "packdrift-bench-"));
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const TICKS_PER_SECOND = 100;
const BACKLOG_REPORTS = 28;

const online = {
  online: true,
  onOnline(listener) {
    listener(true);
    return () => {};
  },
  publish: async () => {},
  subscribe: async () => async () => {},
  close: async () => {},
};
const archive = await startSampleArchive(join(top, "src/lab/jobs"));
const job = JSON.parse(readFileSync(join(top, "src/lab/jobs/x86-cpu-avx2.json"), "utf8")).ModelPackagingDescription;
const recipeText = readFileSync(join(top, "dist/recipe.json"), "utf8");
const recipe = parseRecipe(recipeText, {
  flavour: "classic",
  os: "linux",
  architecture: process.arch === "arm64" ? "aarch64" : "amd64",
});
const nucleus = await startNucleus({
  flavour: "classic",
  rootFolder: folder,
  thingName: "bench",
  broker: online,
  components: [
    {
      name: recipe.name,
      accessControl: recipe.accessControl,
      configuration: {
        ...recipe.defaultConfiguration,
        jobs: [{ project: job.ProjectName, job: job.JobName }],
        source: { type: "archive", endpoint: archive.endpoint },
      },
    },
    { name: "aws.greengrass.Cli" },
    { name: job.ModelPackagingConfiguration.Greengrass.ComponentName, version: "1.0.0" },
  ],
});
await bundle(join(top, "bench/floor.ts"), join(folder, "floor.mjs"));
await bundle(join(top, "bench/inner.ts"), join(folder, "inner.mjs"));

// NODE_EXTRA_CA_CERTS alone makes Node 20 start 2.7 times slower; a device does not set it.
const variables = { "{artifacts:path}": artifacts, "{configuration:/nodePath}": process.execPath };
const interpolated = (text) => text.replace(/\{[^{}]*\}/g, (variable) => variables[variable] ?? variable);
const env = {
  PATH: process.env.PATH,
  HOME: folder,
  LANG: "C.UTF-8",
  ...nucleus.environmentOf(recipe.name),
  AWS_CRT_NODEJS_BINARY_ABSOLUTE_PATH: join(artifacts, `aws-crt-${process.arch}.node`),
};
const recipeEnv = Object.fromEntries(Object.entries(recipe.setenv).map(([key, value]) => [key, interpolated(value)]));
const CASES = {
  floor: { command: [process.execPath, join(folder, "floor.mjs")], env },
  // The least that two processes cost: one connects, the other does nothing.
  twoProcesses: { command: [process.execPath, join(folder, "floor.mjs")], env: { ...env, FLOOR_CHILD: "yes" } },
  // As the recipe starts it; the shell gives way to Node.
  packdrift: { command: ["sh", "-c", interpolated(recipe.steps.run.script)], env: { ...env, ...recipeEnv } },
};

/** Starts a case in a work folder, by default a new one; resolves when its first message has reached the nucleus. */
async function start(name, work = mkdtempSync(join(folder, `work-${name}-`))) {
  const seen = nucleus.calls.all.length;
  const from = process.hrtime.bigint();
  const [command, ...args] = CASES[name].command;
  const child = spawn(command, args, { env: CASES[name].env, cwd: work, stdio: ["ignore", "ignore", "inherit"] });
  let publishedAt = 0n;
  for (const limit = Date.now() + 20_000; publishedAt === 0n; await sleep(1)) {
    if (Date.now() > limit) throw new Error(`${name} has published nothing within 20 s`);
    const call = nucleus.calls.all.slice(seen).find(({ operation }) => operation === "PublishToIoTCore");
    if (call !== undefined) publishedAt = process.hrtime.bigint();
    if (child.exitCode !== null) throw new Error(`${name} has ended with ${child.exitCode}`);
  }
  return { child, wallMs: Number(publishedAt - from) / 1e6, cpuMs: cpuMs(child.pid) };
}

/** CPU of a process and of its children, living and ended, in ms, by the kernel's 10 ms ticks. */
function cpuMs(pid) {
  for (;;) {
    const living = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean);
    try {
      return living.reduce((sum, child) => sum + ownCpuMs(child), 0) + ownCpuMs(pid);
    } catch (error) {
      // The time of a child that ends meanwhile goes over to its parent: then all is read again.
      if (!["ENOENT", "ESRCH"].includes(error.code) || !existsSync(`/proc/${pid}`)) throw error;
    }
  }
}

function ownCpuMs(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * 1000) / TICKS_PER_SECOND;
}

function memory(pid) {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const mb = (text, key) => Number(new RegExp(`${key}:\\s+(\\d+)`).exec(text)?.[1] ?? Number.NaN) / 1024;
  return { rssMb: mb(rollup, "Rss"), dirtyMb: mb(rollup, "Private_Dirty"), peakMb: mb(status, "VmHWM") };
}

async function stop(child) {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
}

const results = {};
const note = (text) => process.stderr.write(`${text}\n`);
note(`cold starts: ${runs} of each, in turn`);
const cold = { floor: [], twoProcesses: [], packdrift: [], again: [] };
const kept = mkdtempSync(join(folder, "work-kept-"));
for (let at = -1; at < runs; at++) {
  for (const [row, name, work] of [
    ["floor", "floor"],
    ["twoProcesses", "twoProcesses"],
    ["packdrift", "packdrift"],
    // As after every restart of the device: the work folder holds the job's copy and the compiled code.
    ["again", "packdrift", kept],
  ]) {
    const { child, wallMs, cpuMs } = await start(name, work);
    // The examiner still writes what it has compiled.
    await sleep(300);
    await stop(child);
    if (at >= 0) cold[row].push({ wallMs, cpuMs });
  }
}
note(`checks: ${runs} in one process, and as many bare Node.js`);
results.check = { checkCpuMs: await checkCpuMs(), bareCpuMs: bareCpuMs() };
note(`idle: ${runs} of each side by side, ${idleSeconds} s`);
const idle = { floor: [], packdrift: [] };
const living = [];
for (let at = 0; at < runs; at++) {
  for (const name of Object.keys(idle)) living.push({ name, ...(await start(name)) });
}
await sleep(Math.max(1, idleSeconds - 60) * 1000);
for (const one of living) one.settled = cpuMs(one.child.pid);
await sleep(Math.min(60, idleSeconds) * 1000);
for (const { name, child, settled } of living) {
  const perMinute = ((cpuMs(child.pid) - settled) * 60) / Math.min(60, idleSeconds);
  idle[name].push({ ...memory(child.pid), idleCpuMsPerMinute: perMinute });
}
for (const { child } of living) await stop(child);

const of = (rows, key) => median(rows.map((row) => row[key]));
for (const name of Object.keys(idle)) {
  results[name] = {
    firstReportMs: of(cold[name], "wallMs"),
    firstReportCpuMs: of(cold[name], "cpuMs"),
    ...Object.fromEntries(
      ["peakMb", "rssMb", "dirtyMb", "idleCpuMsPerMinute"].map((key) => [key, of(idle[name], key)]),
    ),
  };
}

results.twoProcesses = { startMs: of(cold.twoProcesses, "wallMs"), cpuMs: of(cold.twoProcesses, "cpuMs") };
results.packdrift.restartMs = of(cold.again, "wallMs");
results.packdrift.restartCpuMs = of(cold.again, "cpuMs");
results.floor.restartMs = results.floor.firstReportMs;
results.floor.restartCpuMs = results.floor.firstReportCpuMs;

note(`idle after a backlog: ${BACKLOG_REPORTS} reports that waited for the broker, 3 side by side`);
const backlogs = await Promise.all([1, 2, 3].map(idleAfterBacklog));
for (const key of ["rssMb", "dirtyMb"])
  results.packdrift[`backlog${key[0].toUpperCase()}${key.slice(1)}`] = of(backlogs, key);

const inner = spawnSync(process.execPath, [join(folder, "inner.mjs"), join(top, "src/lab/jobs/x86-cpu-avx2.json")], {
  env,
  encoding: "utf8",
});
results.inner = JSON.parse(inner.stdout);
results.sizes = Object.fromEntries(
  readdirSync(artifacts).map((file) => [
    file,
    {
      bytes: statSync(join(artifacts, file)).size,
      zipped: deflateRawSync(readFileSync(join(artifacts, file)), { level: 9 }).length,
    },
  ]),
);
note("readings of two models of 150 MB");
results.model = await modelReadings();
results.peer = await peer();

/** Readings of models of 150 MB, each in a process of its own as in an examiner: of two forms the one that costs more. */
async function modelReadings() {
  for (const name of ["model-files", "model"]) await bundle(join(top, `bench/${name}.ts`), join(folder, `${name}.mjs`));
  const models = join(folder, "models");
  spawnSync(process.execPath, [join(folder, "model-files.mjs"), models], { stdio: "inherit" });
  const medians = ["weights", "kernels"].map((name) => {
    const rows = Array.from({ length: runs }, () => {
      const { stdout } = spawnSync(process.execPath, [join(folder, "model.mjs"), join(models, name)], {
        env,
        encoding: "utf8",
      });
      return JSON.parse(stdout);
    });
    return Object.fromEntries(Object.keys(rows[0]).map((key) => [key, median(rows.map((row) => row[key]))]));
  });
  rmSync(models, { recursive: true });
  return Object.fromEntries(
    Object.keys(medians[0]).map((key) => [key, Math.max(...medians.map((figures) => figures[key]))]),
  );
}

/** Memory of a component over nucleus lite that has sent reports which waited while the broker was away. */
async function idleAfterBacklog() {
  const root = mkdtempSync(join(folder, "backlog-"));
  const jobFile = join(root, "jobs", job.ProjectName, `${job.JobName}.json`);
  mkdirSync(dirname(jobFile), { recursive: true });
  const description = readFileSync(join(top, "src/lab/jobs/x86-cpu-avx2.json"), "utf8");
  const listeners = [];
  let arrived = 0;
  const broker = {
    ...online,
    online: false,
    onOnline: (listener) => void listeners.push(listener),
    async publish() {
      await sleep(20);
      arrived += 1;
    },
  };
  const jobs = [{ project: job.ProjectName, job: job.JobName }];
  const configuration = { ...recipe.defaultConfiguration, jobs, source: { type: "file", path: join(root, "jobs") } };
  const lite = await startNucleus({
    flavour: "lite",
    rootFolder: root,
    thingName: "bench",
    broker,
    components: [{ name: recipe.name, accessControl: recipe.accessControl, configuration }],
  });
  const work = mkdtempSync(join(root, "work-"));
  writeFileSync(jobFile, description);
  const [command, ...args] = CASES.packdrift.command;
  const liteEnv = { ...CASES.packdrift.env, ...lite.environmentOf(recipe.name) };
  const child = spawn(command, args, { env: liteEnv, cwd: work, stdio: ["ignore", "ignore", "inherit"] });
  // Each change of the job is another report.
  for (let made = await reportsIn(work, 1); made < BACKLOG_REPORTS; made = await reportsIn(work, made + 1)) {
    writeFileSync(jobFile, description.replaceAll("avx2", made % 2 === 0 ? "avx2" : "avx512f"));
    lite.setConfiguration(recipe.name, { logLevel: made % 2 === 0 ? "info" : "warn" });
  }
  broker.online = true;
  for (const listener of listeners) listener(true);
  while (arrived < BACKLOG_REPORTS) await sleep(500);
  await sleep(60_000);
  const found = memory(child.pid);
  await stop(child);
  await lite.close();
  return found;
}

/** Waits until an outbox has this many reports; resolves to their number. */
async function reportsIn(work, least) {
  for (const limit = Date.now() + 60_000; Date.now() < limit; await sleep(100)) {
    const outbox = join(work, "outbox");
    const names = readdirSync(work).includes("outbox") ? readdirSync(outbox) : [];
    const lines = names.flatMap((name) => readFileSync(join(outbox, name), "utf8").split("\n"));
    const count = lines.filter((line) => line.includes('{"type":"R"')).length;
    if (count >= least) return count;
  }
  throw new Error(`there is no report ${least} within 60 s`);
}

/** CPU of one check, keeper and examiner together: each is set off by another deployed version, which makes a new report. */
async function checkCpuMs() {
  const { ComponentName } = job.ModelPackagingConfiguration.Greengrass;
  const { child } = await start("packdrift");
  await sleep(3_000);
  const before = cpuMs(child.pid);
  for (let at = 1; at <= runs; at++) {
    const seen = nucleus.calls.all.length;
    nucleus.setConfiguration(recipe.name, { deployedVersion: [`${ComponentName}=${at}.0.0`] });
    while (!nucleus.calls.all.slice(seen).some(({ operation }) => operation === "PublishToIoTCore")) await sleep(20);
    // The examiner ends after its answer.
    await sleep(1_000);
  }
  const all = cpuMs(child.pid) - before;
  await stop(child);
  return all / runs;
}

/** CPU of a Node.js that does nothing. */
function bareCpuMs() {
  const ended = () => ownCpuMs("self") - process.cpuUsage().user / 1e3 - process.cpuUsage().system / 1e3;
  const before = ended();
  for (let at = 0; at < runs; at++) spawnSync(process.execPath, ["-e", "0"], { env });
  return (ended() - before) / runs;
}

/** The Python way, where Debian's python3-boto3 is installed: one call, then idle. */
async function peer() {
  const args = [join(top, "bench/peer.py"), archive.endpoint, job.ProjectName, job.JobName];
  const python = ["/usr/bin/python3", "python3"].find((path) => spawnSync(path, ["-c", "import boto3"]).status === 0);
  if (python === undefined) return null;
  const rows = [];
  for (let at = 0; at < runs; at++) {
    const from = process.hrtime.bigint();
    const child = spawn(python, args, {
      env: { PATH: env.PATH, HOME: folder, LANG: env.LANG },
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((resolve, reject) =>
      child.stdout.once("data", resolve).once("end", () => reject(new Error("the peer has ended"))),
    );
    const wallMs = Number(process.hrtime.bigint() - from) / 1e6;
    await sleep(500);
    rows.push({ wallMs, cpuMs: cpuMs(child.pid), ...memory(child.pid) });
    await stop(child);
  }
  return Object.fromEntries(["wallMs", "cpuMs", "peakMb", "rssMb", "dirtyMb"].map((key) => [key, of(rows, key)]));
}

await nucleus.close();
await archive.close();
rmSync(folder, { recursive: true, force: true });

const { floor, packdrift, peer: python } = results;
const cell = (value, unit) =>
  value === undefined || value === null || Number.isNaN(value) ? "" : `${value.toFixed(value < 10 ? 2 : 1)} ${unit}`;
const row = (label, unit, key, pythonKey, aim) => {
  const ratio = packdrift[key] / floor[key];
  const cells = [
    cell(floor[key], unit),
    cell(packdrift[key], unit),
    Number.isFinite(ratio) ? `${ratio.toFixed(2)} x` : "",
  ];
  return [label, ...cells, cell(python?.[pythonKey], unit), aim];
};
/** What the design itself costs above the floor: in the ratio's column, two idle processes over one. */
const twoProcesses = (label, key, floorKey) => [
  label,
  cell(floor[floorKey], "ms"),
  cell(results.twoProcesses[key], "ms"),
  `${(results.twoProcesses[key] / floor[floorKey]).toFixed(2)} x`,
  "",
  "",
];
const total = (files, key) => files.reduce((sum, file) => sum + results.sizes[file][key], 0) / 1e6;
const shipped = (arch) => ["packdrift.mjs", "examiner.cjs", `aws-crt-${arch}.node`];
const sizeKb = (file) => (results.sizes[file].bytes / 1e3).toFixed(0);
const table = [
  ["", "floor", "packdrift", "ratio", "python", "aim"],
  row("first start ever to first report", "ms", "firstReportMs", "wallMs", ""),
  row("CPU until then", "ms", "firstReportCpuMs", "cpuMs", ""),
  row("start to first report", "ms", "restartMs", "wallMs", "1.6 x"),
  row("CPU until then", "ms", "restartCpuMs", "cpuMs", "2.5 x"),
  twoProcesses("two processes that do nothing", "startMs", "restartMs"),
  twoProcesses("CPU until then", "cpuMs", "restartCpuMs"),
  row("peak RSS", "MB", "peakMb", "peakMb", ""),
  row("idle RSS", "MB", "rssMb", "rssMb", "1.15 x"),
  row("idle private dirty", "MB", "dirtyMb", "dirtyMb", "10 MB"),
  ["idle RSS after 28 waiting reports", "", cell(packdrift.backlogRssMb, "MB"), "", "", ""],
  ["idle private dirty after 28 waiting reports", "", cell(packdrift.backlogDirtyMb, "MB"), "", "", "10.5 MB"],
  row("CPU in an idle minute", "ms", "idleCpuMsPerMinute", "", "0 ms"),
  [
    "CPU of one check, beside a bare Node.js",
    cell(results.check.bareCpuMs, "ms"),
    cell(results.check.checkCpuMs, "ms"),
    `${(results.check.checkCpuMs / results.check.bareCpuMs).toFixed(2)} x`,
    "",
    "1.8 x",
  ],
  ["reading the facts", "", cell(results.inner.reading, "ms"), "", "", "10 ms"],
  ["first reading in a process", "", cell(results.inner.firstReading, "ms"), "", "", ""],
  ["one comparison", "", cell(results.inner.comparison, "ms"), "", "", "0.2 ms"],
  ["first reading of a 150 MB model", "", cell(results.model.firstMs, "ms"), "", "", "300 ms"],
  ["CPU of it", "", cell(results.model.firstCpuMs, "ms"), "", "", ""],
  ["later ones, from the cache", "", cell(results.model.laterMs, "ms"), "", "", "5 ms"],
  ["memory that the first one adds", "", cell(results.model.peakMb, "MB"), "", "", "15 MB"],
  ["packdrift.mjs and examiner.cjs", "", `${sizeKb("packdrift.mjs")} and ${sizeKb("examiner.cjs")} kB`, "", "", ""],
  ...["x64", "arm64"].map((arch) => [
    `artifacts ${arch}, plain / zipped`,
    "",
    `${total(shipped(arch), "bytes").toFixed(2)} / ${total(shipped(arch), "zipped").toFixed(2)} MB`,
    "",
    "",
    "8 / 3 MB",
  ]),
];
const widths = table[0].map((_, column) => Math.max(...table.map((cells) => cells[column].length)));
for (const cells of table)
  console.log(
    cells
      .map((text, at) => (at === 0 ? text.padEnd(widths[at]) : text.padStart(widths[at])))
      .join("  ")
      .trimEnd(),
  );
console.log(`\nNode ${process.version}, ${process.platform} ${process.arch}; medians of ${runs} runs.`);
if (python === null)
  console.log("python: not measured, there is no boto3 (apt-get install python3-boto3 python3-awscrt).");
const file = option("--json", null);
if (file !== null)
  writeFileSync(file, `${JSON.stringify({ node: process.version, arch: process.arch, runs, ...results }, null, 1)}\n`);
