import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSqlite } from "../../../src/fleet/store/open-sqlite.js";
import { builtWorker } from "./built-worker.js";

const KILLS = 5;

describe("a SQLite store whose process is killed", () => {
  const folder = mkdtempSync(join(tmpdir(), "packdrift-killed-"));
  const program = join(folder, "writer.mjs");
  let worker = "";
  beforeAll(async () => {
    worker = fileURLToPath(await builtWorker(folder));
    await build({
      entryPoints: [join(import.meta.dirname, "endless-writer.ts")],
      outfile: program,
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20",
      packages: "external",
      logLevel: "error",
    });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs the writer until it has acknowledged so many sequences, and kills it; gives the last one. */
  async function killedAfter(file: string, from: number, count: number): Promise<number> {
    const child = spawn(process.execPath, [program, file, worker, `${from}`], { stdio: ["ignore", "pipe", "inherit"] });
    const gone = once(child, "exit");
    let acknowledged = from - 1;
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged = Number(line);
      if (acknowledged >= from + count - 1) child.kill("SIGKILL");
    }
    await gone;
    return acknowledged;
  }

  it("has everything that was acknowledged, and continues from there", async () => {
    const file = join(folder, "fleet.db");
    let from = 1;
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const acknowledged = await killedAfter(file, from, 2 * kill);
      const store = await openSqlite(file);
      const [least] = await store.all("SELECT min(contiguous) AS contiguous, sum(missing) AS missing FROM epoch");
      const [reports] = await store.all("SELECT count(*) AS count FROM report WHERE sequence <= $1", [acknowledged]);
      await store.close();

      expect(Number(least?.contiguous)).toBeGreaterThanOrEqual(acknowledged);
      expect(least?.missing).toBe(0);
      expect(reports?.count).toBe(20 * acknowledged);
      from = Number(least?.contiguous) + 1;
    }
  });
});

describe("the file of a SQLite store", () => {
  const folder = mkdtempSync(join(tmpdir(), "packdrift-file-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("is made for its owner alone", async () => {
    const file = join(folder, "own.db");
    const store = await openSqlite(file);
    const modes = ["", "-wal", "-shm"].map((ending) => statSync(`${file}${ending}`).mode & 0o777);
    await store.close();
    expect(modes).toEqual([0o600, 0o600, 0o600]);
  });

  it("is refused when others may write it", async () => {
    const file = join(folder, "open.db");
    await (await openSqlite(file)).close();
    chmodSync(file, 0o666);
    await expect(openSqlite(file)).rejects.toThrow(
      /it may be written by others: its mode is 0666, must be 0644 or less/,
    );
  });

  it("is refused when it is something else", async () => {
    const file = join(folder, "other.db");
    writeFileSync(file, "not a database, but long enough to be read as the head of one".repeat(20), { mode: 0o600 });
    await expect(openSqlite(file)).rejects.toThrow();
  });
});
