// `node bench/archive-fuzz.mjs`: hostile requests against the built archive, with and without credentials. Exits with 1 unless
// both servers still answer, stay within bounds of memory and handles, report no failure and reveal nothing from outside.
//   --requests N  (default 100000)    --seed N  (default 1)    --dist DIR  the built program (default dist)
// The servers run under Node's permission model, which lets them read only the archive, the credentials and the program: a
// request that makes one read anything else shows as a failure.
import { spawn } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const option = (name, fallback) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? fallback : process.argv[at + 1];
};
const total = Number(option("--requests", 100_000));
const dist = realpathSync(option("--dist", join(top, "dist")));
const folder = realpathSync(mkdtempSync(join(tmpdir(), "packdrift-fuzz-")));
const dir = join(folder, "archive");
const CANARY = "CANARY-FROM-OUTSIDE";
const AT_ONCE = 64;
const MOST_GROWTH_MB = 96;
const GOOD = "/2020-11-20/projects/p/modelpackagingjobs/good";
const FINE_STATUS = new Set([200, 400, 403, 404, 408, 413, 417, 431]);
const random = mulberry(Number(option("--seed", 1)));
const below = (most) => Math.floor(random() * most);
const pick = (list) => list[below(list.length)];

const DOTS = [
  "..",
  "%2e%2e",
  ".%2e",
  "%252e%252e",
  "..%00",
  "..;",
  "%c0%ae%c0%ae",
  "....",
  "%u002e%u002e",
  "．．",
  "..\\",
  "~root",
];
const SLASHES = ["/", "%2f", "%2F", "%252f", "\\", "%5c", "//", "%c0%af", "/./"];
const PLACES = [
  "secret",
  "secret.json",
  "linked",
  "outside/secret",
  "etc/passwd",
  "credentials",
  "proc/self/environ",
  ".ssh",
  "good.json",
  "constructor",
  "__proto__",
];

const faults = [];
const children = [];
try {
  await main();
} finally {
  for (const child of children) child.kill("SIGTERM");
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = faults.length === 0 ? 0 : 1;

async function main() {
  prepare();
  const servers = [await serve(), await serve("--credentials", join(folder, "credentials"))];
  // Warm up first, so that later growth comes from the requests.
  await many(servers, Math.min(2_000, total), new Map());
  const before = await Promise.all(servers.map(settled));
  const statuses = new Map();
  const started = performance.now();
  await many(servers, total, statuses);
  const seconds = (performance.now() - started) / 1000;
  const after = await Promise.all(servers.map(settled));
  for (const [at, server] of servers.entries()) {
    const answer = await sent(server.port, `GET ${GOOD} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    const wanted = at === 0 ? " 200 " : " 403 ";
    if (!answer.slice(0, 20).includes(wanted)) faults.push(`no longer answers: ${answer.slice(0, 80)}`);
    const grown = after[at].rssMB - before[at].rssMB;
    if (grown > MOST_GROWTH_MB) faults.push(`grew by ${grown} MB`);
    if (after[at].handles > before[at].handles + 4)
      faults.push(`keeps ${after[at].handles} handles, had ${before[at].handles}`);
    for (const line of server.out.split("\n")) if (line.includes('"archive.failed"')) faults.push(line);
    if (server.exited) faults.push("ended");
  }
  const summary = {
    requests: total,
    seconds: Math.round(seconds),
    statuses: Object.fromEntries([...statuses].sort()),
    before,
    after,
  };
  console.log(JSON.stringify({ ...summary, faults: faults.slice(0, 20) }, null, 1));
}

/** An archive, and files next to it that must not be read. */
function prepare() {
  mkdirSync(join(dir, "p"), { recursive: true });
  const job = (JobName, ProjectName, StatusMessage) =>
    JSON.stringify({ ModelPackagingDescription: { JobName, ProjectName, StatusMessage } });
  for (const name of ["good", "a", "b-1"]) writeFileSync(join(dir, "p", `${name}.json`), job(name, "p", "fine"));
  writeFileSync(join(folder, "secret.json"), job("secret", "p", CANARY));
  mkdirSync(join(folder, "outside"));
  writeFileSync(join(folder, "outside", "secret.json"), job("secret", "linked", CANARY));
  symlinkSync(join(folder, "outside"), join(dir, "linked"));
  symlinkSync(join(folder, "secret.json"), join(dir, "p", "secret.json"));
  const credentials = `[a]\naws_access_key_id=AKID\naws_secret_access_key=${CANARY}\n`;
  writeFileSync(join(folder, "credentials"), credentials, { mode: 0o600 });
}

function serve(...args) {
  return new Promise((resolve, reject) => {
    const permission = Number(process.versions.node.split(".")[0]) >= 23 ? "--permission" : "--experimental-permission";
    const allowed = [dir, join(folder, "credentials"), dist].map((path) => `--allow-fs-read=${path}`);
    const command = [
      permission,
      ...allowed,
      join(dist, "packdrift.mjs"),
      "archive",
      "serve",
      "--dir",
      dir,
      "--port",
      "0",
      "--rate",
      "0",
      "--json",
      ...args,
    ];
    const child = spawn(process.execPath, command, {
      env: { PATH: process.env.PATH },
      stdio: ["ignore", "pipe", "pipe"],
    });
    children.push(child);
    const server = { pid: child.pid, port: 0, out: "", exited: false };
    child.once("error", reject);
    child.once("exit", (code) => {
      server.exited = true;
      reject(new Error(`The archive ended with ${code}: ${server.out}`));
    });
    child.stderr.on("data", (chunk) => {
      server.out += chunk;
    });
    child.stdout.on("data", (chunk) => {
      server.out += chunk;
      server.port = Number(/"url":"http:[^"]+:(\d+)"/.exec(server.out)?.[1] ?? 0);
      if (server.port > 0) resolve(server);
    });
  });
}

async function many(servers, count, statuses) {
  let left = count;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      const server = pick(servers);
      const [bytes, patience] = hostile();
      const answer = await sent(server.port, bytes, patience);
      const status = Number(/^(?:HTTP\/1\.1 100 Continue\r\n\r\n)*HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status !== 0 && !FINE_STATUS.has(status))
        faults.push(`${status} for ${JSON.stringify(String(bytes).slice(0, 200))}`);
      if (answer.includes(CANARY))
        faults.push(`revealed a file from outside for ${JSON.stringify(String(bytes).slice(0, 200))}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/** What the server sends until it ends the connection, or until the time is up. */
function sent(port, bytes, patienceMs = 2_000) {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    const timer = setTimeout(() => socket.destroy(), patienceMs);
    socket.setEncoding("latin1");
    socket.on("data", (text) => {
      if (answer.length < 200_000) answer += text;
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(answer);
    });
  });
}

/** Memory and handles of an idle server. */
async function settled({ pid }) {
  let handles = Number.POSITIVE_INFINITY;
  for (let count = 0; count < 50; count += 1) {
    const now = readdirSync(`/proc/${pid}/fd`).length;
    if (now === handles) break;
    handles = now;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  const rssMB = Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024);
  return { rssMB, handles };
}

/** One hostile request and how long to wait for its answer. */
function hostile() {
  const kind = below(12);
  if (kind === 0) return [noise(1 + below(2_000)), 20];
  if (kind === 1) return [`${pick(["GET", "POST", "\0", "PRI"])} ${path()}`, 5];
  if (kind === 2)
    return [`GET ${path()} HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(below(40_000))}\r\nConnection: close\r\n\r\n`];
  if (kind === 3) return [smuggled(), 50];
  if (kind === 4) return [`GET ${GOOD} HTTP/1.1\r\nHost: a\r\n\r\n`.repeat(1 + below(50)), 30];
  if (kind === 5)
    return [
      `${pick(["CONNECT a:1", "OPTIONS *", "TRACE /", "GET", "get /", "GET http://b/c", "GET //e/../.."])} HTTP/${pick(["1.1", "1.0", "0.9", "2.0", "9"])}\r\nHost: a\r\nConnection: close\r\n\r\n`,
      50,
    ];
  const headers = Array.from({ length: below(8) }, header).join("");
  const method = below(5) === 0 ? pick(["POST", "HEAD", "PUT", "DELETE", "PATCH", "PROPFIND", "M-SEARCH"]) : "GET";
  return [
    `${method} ${path()}${query()} HTTP/1.1\r\nHost: ${pick(["a", "127.0.0.1", "x".repeat(300), ""])}\r\n${headers}Connection: close\r\n\r\n`,
  ];
}

function path() {
  switch (below(6)) {
    case 0:
      return `/2020-11-20/projects/${segment()}/modelpackagingjobs/${segment()}`;
    case 1:
      return `/2020-11-20/projects/p/modelpackagingjobs/${climb()}`;
    case 2:
      return `/2020-11-20/projects/${climb()}/modelpackagingjobs/secret`;
    case 3:
      return `/2020-11-20/projects/${pick(["linked", "p", "..", segment()])}/modelpackagingjobs${pick(["", "/", "/secret", "/good"])}`;
    case 4:
      return `/${climb()}`;
    default:
      return Array.from({ length: 1 + below(6) }, () => `/${segment()}`).join("");
  }
}

function climb() {
  return (
    Array.from({ length: 1 + below(8) }, () => pick(DOTS) + pick(SLASHES)).join("") +
    pick(PLACES) +
    pick(["", ".json", "%00", "%00.json", "?", "#"])
  );
}

function segment() {
  switch (below(6)) {
    case 0:
      return pick([...PLACES, ...DOTS, "p", "good", ""]);
    case 1:
      return "a".repeat(below(12_000));
    case 2:
      return encodeURIComponent(text(below(80)));
    case 3:
      return `%${below(256).toString(16)}%${pick(["zz", "", "ff", "C3", "ED%A0%80"])}`;
    case 4:
      return text(below(30)).replace(/[\s]/g, "");
    default:
      return `${below(1e9)}-${below(1e9)}`;
  }
}

function query() {
  if (below(3) > 0) return "";
  const token = () => Buffer.from(noise(below(120))).toString("base64");
  const one = () =>
    pick([
      `maxResults=${pick([0, -1, 1e9, "1e3", "0x10", "", "%00", "99999999999999999999", 5])}`,
      `nextToken=${encodeURIComponent(token())}`,
      `nextToken=${"A".repeat(below(9_000))}`,
      `${segment().slice(0, 200)}=${below(9)}`,
      "&&&=&%",
    ]);
  return `?${Array.from({ length: 1 + below(below(20) === 0 ? 400 : 4) }, one)
    .join("&")
    .slice(0, 14_000)}`;
}

function header() {
  const date = pick([new Date().toISOString().replace(/[-:]|\.\d+/g, ""), "20200101T000000Z", "x", "20261332T256199Z"]);
  const scope = pick([
    `AKID/${date.slice(0, 8)}/r/lookoutvision/aws4_request`,
    "AKID",
    "a/b/c/d/e",
    `${"A".repeat(below(500))}/20200101/r/s3/aws4_request`,
  ]);
  const signed = pick([
    "host;x-amz-date",
    "host",
    "",
    "host;".repeat(below(300)),
    "authorization;host;x-amz-date",
    "__proto__;host;x-amz-date",
  ]);
  const signature = pick(["0".repeat(64), "", "z", "f".repeat(below(4_000))]);
  return `${pick([
    `Authorization: AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=${signed}, Signature=${signature}`,
    `Authorization: ${pick(["Basic eA==", "Bearer x", "AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256 Credential=a", ",,,===,"])}`,
    `X-Amz-Date: ${date}`,
    `X-Amz-Security-Token: ${"t".repeat(below(3_000))}`,
    "X-Amz-Content-Sha256: UNSIGNED-PAYLOAD",
    "__proto__: 1",
    "Expect: 100-continue",
    "Upgrade: websocket",
    "Range: bytes=0-0,-1,5-2",
    `Cookie: ${text(40).replace(/[^\x20-\x7e]/g, "")}`,
    "Accept-Encoding: gzip, br, *;q=0",
  ])}\r\n`;
}

function smuggled() {
  return pick([
    `POST ${GOOD} HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n`,
    `POST /2020-11-20/projects/p/modelpackagingjobs HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${"ffffff\r\nxxxx".repeat(3)}`,
    `GET ${GOOD} HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n`,
    `GET ${GOOD} HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\nx`,
    `POST ${GOOD} HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n${"x".repeat(below(100_000))}`,
    `GET ${GOOD} HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx`,
    `GET ${GOOD} HTTP/1.1\nHost: a\n\n`,
    `GET ${GOOD} HTTP/1.1\r\n${"X: y\r\n".repeat(below(3_000))}\r\n`,
    `GET ${GOOD} HTTP/1.1\r\nHost: a\r\n folded: x\r\n\r\n`,
  ]);
}

function text(length) {
  return String.fromCodePoint(
    ...Array.from({ length }, () => pick([below(128), below(0xd7ff), 0x10000 + below(0xffff), 0x202e, 0])),
  );
}

function noise(length) {
  return Buffer.from(Array.from({ length }, () => below(256)));
}

/** Numbers from 0 to 1, the same for the same seed. */
function mulberry(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
