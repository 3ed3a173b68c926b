import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { DEBIANS, type PostgresEngine } from "../../postgres-engines.js";

/** A PostgreSQL server with data of its own. */
export interface TestServer {
  /** Creates an empty schema and returns its address: a separate database would take a second and 300 files. */
  database(): Promise<string>;
  /** Kills it as a loss of power would. */
  kill(): Promise<void>;
  /** Starts it again on the same data. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** For tests in which the system outlives the server's process. */
const NOT_DURABLE = ["fsync=off", "full_page_writes=off", "synchronous_commit=off", "autovacuum=off"];
/** Once our end of its standard input closes, however we ended: kills a process group and removes a folder. */
const WHEN_WE_END = 'cat; kill -s KILL -- "-$0"; sleep 1; rm -rf "$1"';
const shared = new Map<PostgresEngine, Promise<TestServer>>();

/**
 * One server for all tests of this process, which ends with it: a server costs two seconds of processor time. It survives no
 * loss of power, and tests may neither stop nor kill it.
 */
export function sharedPostgres(engine = DEBIANS): Promise<Pick<TestServer, "database">> {
  const server = shared.get(engine) ?? startPostgres(NOT_DURABLE, engine);
  shared.set(engine, server);
  return server;
}

/** Starts a server. It refuses to run as root: then as the user `postgres`, which Debian's package makes. `extra`: settings. */
export async function startPostgres(extra: readonly string[] = [], { programs } = DEBIANS): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), "packdrift-postgres-"));
  const data = join(folder, "data");
  const user = process.getuid?.() === 0 ? { uid: idOf("-u"), gid: idOf("-g") } : {};
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid);
  const environment = { PATH: process.env.PATH, LC_ALL: "C.UTF-8" };
  execFileSync(join(programs, "initdb"), ["-D", data, "-U", "packdrift", "-A", "trust", "-E", "UTF8", "--no-sync"], {
    ...user,
    env: environment,
    stdio: "ignore",
  });
  const port = await freePort();
  let server: ChildProcess | null = null;
  let guard: ChildProcess | null = null;
  let databases = 0;

  async function start(): Promise<void> {
    const settings = [
      "listen_addresses=",
      `unix_socket_directories=${folder}`,
      `port=${port}`,
      "max_connections=50",
      ...extra,
    ];
    server = spawn(join(programs, "postgres"), ["-D", data, ...settings.flatMap((each) => ["-c", each])], {
      ...user,
      env: environment,
      stdio: "ignore",
      // A group of its own, so that its children die with it.
      detached: true,
    });
    // Vitest ends a worker without its "exit" handlers.
    guard = spawn("sh", ["-c", WHEN_WE_END, String(server.pid), folder], {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
    });
    await ready(urlOf("postgres"));
  }

  const urlOf = (database: string) => `postgres://packdrift@/${database}?host=${folder}&port=${port}`;
  async function kill(): Promise<void> {
    if (server?.pid === undefined) return;
    if (guard?.pid !== undefined) process.kill(-guard.pid, "SIGKILL");
    const gone = once(server, "exit");
    process.kill(-server.pid, "SIGKILL");
    await gone;
    server = null;
  }

  await start();
  return {
    async database() {
      databases += 1;
      const client = new pg.Client({ connectionString: urlOf("postgres") });
      await client.connect();
      await client.query(`CREATE SCHEMA test_${databases}`);
      await client.end();
      return `${urlOf("postgres")}&options=-csearch_path%3Dtest_${databases}`;
    },
    kill,
    start,
    async stop() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The schema in an address that database() gave. */
export function schemaOf(url: string): string {
  const schema = /search_path%3D(\w+)/.exec(url)?.[1];
  if (schema === undefined) throw new Error(`The address names no schema: ${url}`);
  return schema;
}

async function ready(url: string): Promise<void> {
  for (;;) {
    const client = new pg.Client({ connectionString: url });
    // A server that is gone while it answers.
    client.on("error", () => undefined);
    try {
      await client.connect();
      await client.end();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

function idOf(flag: "-u" | "-g"): number {
  return Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
