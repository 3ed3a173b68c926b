import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { MOVING, STORE_VERSION } from "../../../../src/fleet/store/migrate.js";
import type { MoveTarget } from "../../../../src/fleet/store/move/move-end.js";
import { moveStore } from "../../../../src/fleet/store/move/move-store.js";
import { openMoveSource, openMoveTarget } from "../../../../src/fleet/store/move/open-end.js";

const folder = mkdtempSync(join(tmpdir(), "packdrift-move-versions-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function newFile(): string {
  files += 1;
  return join(folder, `${files}.db`);
}

async function within<T>(file: string, work: (end: MoveTarget) => Promise<T>): Promise<T> {
  const end = await openMoveTarget(file);
  try {
    return await work(end);
  } finally {
    await end.close();
  }
}

/** A store of a version, with so many devices. */
async function store(version: number, things: number): Promise<string> {
  const file = newFile();
  await within(file, (end) =>
    end.transaction(async (connection) => {
      await end.create(connection, version);
      await connection.query("UPDATE store_version SET number = $1", [version]);
      for (let at = 1; at <= things; at += 1)
        await connection.query("INSERT INTO thing (thing) VALUES ($1)", [`box-${at}`]);
    }),
  );
  return file;
}

const versionOf = (file: string) => within(file, (end) => end.version());
const upgrade = (file: string) => within(file, (end) => end.migrate());

/**
 * A copy of a file that nobody has open. Where Node.js has no SQLite of its own, a connection that was closed holds its locks until
 * its statements are collected as garbage.
 */
function copyOf(file: string): string {
  const copy = newFile();
  for (const ending of ["", "-wal"])
    if (existsSync(`${file}${ending}`)) copyFileSync(`${file}${ending}`, `${copy}${ending}`);
  return copy;
}

/** `transactions`: after so many the process is killed. */
async function move(from: string, to: string, transactions = Number.POSITIVE_INFINITY) {
  const source = { ...(await openMoveSource(copyOf(from))), name: from };
  let done = 0;
  try {
    return await within(to, (end) => {
      const target: MoveTarget = {
        ...end,
        transaction: async (work) => {
          if (done === transactions) throw new Error("killed");
          done += 1;
          return end.transaction(work);
        },
      };
      return moveStore(source, target, { copying() {}, verifying() {}, step() {} });
    });
  } finally {
    await source.close();
  }
}

describe("moveStore, of a store of an older version", () => {
  it("moves nothing twice: by then the target has this program's version", async () => {
    const [source, target] = [await store(1, 2), newFile()];
    expect((await move(source, target)).found).toBe("empty");
    expect([await versionOf(source), await versionOf(target)]).toEqual([1, STORE_VERSION]);

    expect((await move(source, target)).found).toBe("complete");
  });

  it("names both versions and what to do when the target is empty and has another version", async () => {
    const [old, current] = [await store(1, 2), await store(STORE_VERSION, 2)];
    const [oldEmpty, empty] = [await store(1, 0), await store(STORE_VERSION, 0)];

    await expect(move(old, empty)).rejects.toThrow(
      `Cannot move to "${empty}": it is an empty store of version ${STORE_VERSION}, "${old}" is of version 1; start "packdrift fleet" with "${old}" once, or name a target without tables`,
    );
    await expect(move(current, oldEmpty)).rejects.toThrow(`start "packdrift fleet" with "${oldEmpty}" once`);
    await upgrade(old);
    expect((await move(old, empty)).found).toBe("empty");
  });

  it("does not continue a move whose source has been upgraded since", async () => {
    const [source, target] = [await store(1, 2), newFile()];
    await expect(move(source, target, 2)).rejects.toThrow("killed");
    expect(await versionOf(target)).toBe(MOVING + 1);
    await upgrade(source);

    await expect(move(source, target)).rejects.toThrow(
      `Cannot go on with the move to "${target}": "${source}" was of version 1 when it began, and is of version ${STORE_VERSION} now; empty the target, and begin again`,
    );
  });

  it("refuses a target with other devices, whatever its version", async () => {
    const [source, target] = [await store(1, 2), await store(STORE_VERSION, 0)];
    await within(target, (end) =>
      end.transaction((connection) =>
        connection.query("INSERT INTO thing (thing, last_heard) VALUES ('x', '2026-11-30T00:00:00.000Z')"),
      ),
    );

    await expect(move(source, target)).rejects.toThrow("it is a store with 1 device already; name one that is empty");
  });
});
