// `node bench/archive.mjs`: the archive compared with a bare node:http server that sends the same bytes, by turns, in one run.
//   --seconds N   each measurement (default 4)     --rounds N   of all in turn (default 5)     --jobs N   in the list (default 100000)
//   --dist DIR    the built program (default dist)  --json FILE  writes the figures as well
// Uses wrk (apt-get install wrk), or else autocannon, which slows down both servers as much as itself.
import { spawn, spawnSync } from "node:child_process";
import { createHash, createHmac } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, get } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { SignatureV4 } from "@smithy/signature-v4";

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const option = (name, fallback) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? fallback : process.argv[at + 1];
};
const seconds = Number(option("--seconds", 4));
const rounds = Number(option("--rounds", 5));
const count = Number(option("--jobs", 100_000));
const program = join(option("--dist", join(top, "dist")), "packdrift.mjs");
const folder = mkdtempSync(join(tmpdir(), "packdrift-bench-archive-"));
const dir = join(folder, "jobs");
const KEY = { accessKeyId: "AKIDBENCH", secretAccessKey: "bench" };
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const children = [];

try {
  await main();
} finally {
  for (const child of children) child.kill("SIGTERM");
  rmSync(folder, { recursive: true, force: true });
}

async function main() {
  const sample = JSON.parse(readFileSync(join(top, "src/lab/jobs/x86-t4.json"), "utf8")).ModelPackagingDescription;
  fill(sample);
  writeFileSync(
    join(folder, "credentials"),
    `[bench]\naws_access_key_id=${KEY.accessKeyId}\naws_secret_access_key=${KEY.secretAccessKey}\n`,
    { mode: 0o600 },
  );
  const serve = ["archive", "serve", "--dir", dir, "--port", "0", "--rate", "0", "--json"];
  const plain = await start([program, ...serve], /"url":"([^"]+)"/);
  const signed = await start([program, ...serve, "--credentials", join(folder, "credentials")], /"url":"([^"]+)"/);
  const path = `/2020-11-20/projects/${sample.ProjectName}/modelpackagingjobs/${sample.JobName}`;
  const answer = await fetched(`${plain.url}${path}`);
  const bare = await start(["-e", bareServer(answer)], /(http:\S+)/);
  await settled([plain, signed]);

  const headers = await signedHeaders(signed.url, path);
  const cases = { bare: [bare, []], unsigned: [plain, []], signed: [signed, headers] };
  const found = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
  for (let round = -1; round < rounds; round += 1) {
    for (const [name, [server, extra]] of Object.entries(cases)) {
      const before = cpuSeconds(server.pid);
      const result = load(`${server.url}${path}`, extra, round < 0 ? 1 : seconds);
      result.cpuMicros = ((cpuSeconds(server.pid) - before) / result.requests) * 1e6;
      // The first round is a warm-up.
      if (round >= 0) found[name].push(result);
    }
  }
  const rows = Object.entries(found).map(([name, results]) => ({
    name,
    perSecond: Math.round(median(results.map((result) => result.perSecond))),
    p99Ms: median(results.map((result) => result.p99Ms)),
    cpuMicros: Math.round(median(results.map((result) => result.cpuMicros)) * 10) / 10,
    ratio: Math.round(median(results.map((result, at) => result.perSecond / found.bare[at].perSecond)) * 100) / 100,
  }));
  const list = await listed(plain);
  console.log(
    `${answer.body.length} bytes, 64 connections, ${rounds} rounds of ${seconds} s, ${hasWrk() ? "wrk" : "autocannon"}, Node ${process.version}`,
  );
  console.table(rows);
  console.log(`A page of 100 of ${count} jobs:`);
  console.table([list]);
  const file = option("--json", null);
  if (file !== null) writeFileSync(file, `${JSON.stringify({ describe: rows, list }, null, 1)}\n`);
}

function fill(sample) {
  mkdirSync(join(dir, sample.ProjectName), { recursive: true });
  writeFileSync(
    join(dir, sample.ProjectName, `${sample.JobName}.json`),
    JSON.stringify({ ModelPackagingDescription: sample }),
  );
  mkdirSync(join(dir, "many"));
  for (let at = 0; at < count; at += 1) {
    const JobName = createHash("sha256")
      .update(String(at))
      .digest("hex")
      .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*/, "$1-$2-$3-$4-$5");
    writeFileSync(
      join(dir, "many", `${JobName}.json`),
      JSON.stringify({ ModelPackagingDescription: { ...sample, ProjectName: "many", JobName } }),
    );
  }
}

function bareServer({ body, headers }) {
  return `require("node:http").createServer((request, response) => {
    response.writeHead(200, ${JSON.stringify({ "content-type": headers["content-type"], "x-amzn-requestid": headers["x-amzn-requestid"], "content-length": Buffer.byteLength(body) })});
    response.end(${JSON.stringify(body)});
  }).listen(0, "127.0.0.1", function () { console.log("http://127.0.0.1:" + this.address().port); });`;
}

function start(args, pattern) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      env: { PATH: process.env.PATH },
      stdio: ["ignore", "pipe", "inherit"],
    });
    children.push(child);
    const server = { pid: child.pid, out: "", url: "" };
    child.once("error", reject);
    child.stdout.on("data", (chunk) => {
      server.out += chunk;
      server.url = pattern.exec(server.out)?.[1] ?? "";
      server.onOut?.();
      if (server.url !== "") resolve(server);
    });
  });
}

/** Resolves when the archives have read all their jobs. */
async function settled(servers) {
  for (const server of servers) {
    await new Promise((resolve) => {
      server.onOut = () => server.out.includes("archive.checked") && resolve();
      server.onOut();
    });
  }
}

function hasWrk() {
  return spawnSync("wrk", ["-v"]).error === undefined;
}

function load(url, headers, duration) {
  if (!hasWrk()) {
    const args = ["-c", "64", "-d", String(duration), "-j", ...headers.flatMap((header) => ["-H", header]), url];
    const { requests, latency, non2xx } = JSON.parse(
      spawnSync(join(top, "node_modules/.bin/autocannon"), args, { encoding: "utf8" }).stdout,
    );
    if (non2xx > 0) throw new Error(`${non2xx} answers were not a success`);
    return { requests: requests.total, perSecond: requests.average, p99Ms: latency.p99 };
  }
  const args = ["-t1", "-c64", `-d${duration}`, "--latency", ...headers.flatMap((header) => ["-H", header]), url];
  const { stdout } = spawnSync("wrk", args, { encoding: "utf8" });
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(stdout);
  const [, value, unit] = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout);
  return {
    requests: Number(/(\d+) requests in/.exec(stdout)[1]),
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)[1]),
    p99Ms: Number(value) * { us: 0.001, ms: 1, s: 1000 }[unit],
  };
}

async function signedHeaders(url, path) {
  class Sha256 {
    constructor(secret) {
      this.hash = secret === undefined ? createHash("sha256") : createHmac("sha256", secret);
    }
    update(bytes) {
      this.hash.update(bytes);
    }
    async digest() {
      return this.hash.digest();
    }
  }
  const signer = new SignatureV4({ credentials: KEY, region: "us-east-1", service: "lookoutvision", sha256: Sha256 });
  const { host } = new URL(url);
  const { headers } = await signer.sign({
    method: "GET",
    protocol: "http:",
    hostname: host,
    path,
    query: {},
    headers: { host },
  });
  return Object.entries(headers)
    .filter(([name]) => name !== "host")
    .map(([name, value]) => `${name}: ${value}`);
}

async function listed({ url, pid }) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const times = [];
  const before = rssMegabytes(pid);
  let token = "";
  let jobs = 0;
  do {
    const started = performance.now();
    const { body } = await fetched(
      `${url}/2020-11-20/projects/many/modelpackagingjobs?nextToken=${encodeURIComponent(token)}`,
      agent,
    );
    times.push(performance.now() - started);
    const page = JSON.parse(body);
    jobs += page.ModelPackagingJobs.length;
    token = page.NextToken ?? "";
  } while (token !== "");
  agent.destroy();
  if (jobs !== count) throw new Error(`Listed ${jobs} of ${count} jobs`);
  const sorted = [...times].sort((a, b) => a - b);
  const at = (part) =>
    Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0) * 10) / 10;
  return {
    pages: times.length,
    medianMs: at(0.5),
    p99Ms: at(0.99),
    worstMs: at(1),
    rssBeforeMB: before,
    rssAfterMB: rssMegabytes(pid),
  };
}

function fetched(url, agent) {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => resolve({ body: Buffer.concat(chunks).toString(), headers: response.headers }));
    }).on("error", reject);
  });
}

/** User and system time of a process so far; the kernel counts a hundredth of a second as one. */
function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function rssMegabytes(pid) {
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024);
}
