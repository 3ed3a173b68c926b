import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { StoreError } from "../../../src/fleet/store/migrate.js";
import { storeEvents } from "../../../src/fleet/store/store-events.js";
import { StoreThread } from "../../../src/fleet/store/store-thread.js";
import { fakeLog } from "../../agent/fake-clock.js";

describe("StoreThread", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "packdrift-thread-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** A thread that answers a call of "m" as this code says, with `parent` and the call's `id`. */
  const thread = (code: string, start = "parent.postMessage({ id: 0, result: null });") => {
    const file = join(folder, "worker.mjs");
    writeFileSync(
      file,
      `import { parentPort as parent } from "node:worker_threads"; ${start} parent.on("message", ({ id }) => { ${code} });`,
    );
    const log = fakeLog();
    const events = storeEvents("/keys", log);
    return { log, events, it: new StoreThread(pathToFileURL(file), { role: "query", file: "" }, events) };
  };

  it("reports that the folder of keys cannot be read, along with its answers", async () => {
    const code = `parent.postMessage({ keysProblem: "gone" }); parent.postMessage({ keysProblem: null }); parent.postMessage({ id, result: 1 });`;
    const { it: own, log } = thread(code);

    expect(await own.call(1, "m")).toBe(1);
    expect(log.lines).toEqual([
      ["keys.not-read", { folder: "/keys", message: "gone" }],
      ["keys.read-again", { folder: "/keys" }],
    ]);
    await own.end();
  });

  it("fails waiting and later calls with a StoreError once a bug has ended it, and says so", async () => {
    const { it: own, events } = thread(`throw new TypeError("a fault of ours");`);
    await own.ready();

    const died = new StoreError("A thread of the store has ended: a fault of ours");
    await expect(own.call(1, "m")).rejects.toEqual(died);
    expect(await events.died).toEqual(died);
    expect((await events.died).cause).toBeInstanceOf(TypeError);
    await expect(own.call(2, "m")).rejects.toEqual(died);
  });

  it("says so when it exits without an error", async () => {
    const { it: own, events } = thread("process.exit(7);");
    await own.ready();

    await expect(own.call(1, "m")).rejects.toThrow("A thread of the store has ended with code 7");
    expect((await events.died).message).toBe("A thread of the store has ended with code 7");
  });

  it("fails with the error itself before it is ready, and reports nothing when it is closed", async () => {
    const { it: own, events } = thread("", `throw new TypeError("cannot start");`);
    await expect(own.ready()).rejects.toThrow(new TypeError("cannot start"));
    const { it: other, events: others } = thread("");
    await other.ready();
    await other.end();

    expect(await Promise.race([events.died, others.died, Promise.resolve("nobody")])).toBe("nobody");
  });
});

describe("storeEvents", () => {
  it("logs once that the folder cannot be read, however many threads notice, and once that it can again", () => {
    const log = fakeLog();
    const { onListing } = storeEvents("/keys", log);
    for (const problem of ["gone", "gone", null, null, "gone"]) onListing(problem);

    expect(log.lines).toEqual([
      ["keys.not-read", { folder: "/keys", message: "gone" }],
      ["keys.read-again", { folder: "/keys" }],
      ["keys.not-read", { folder: "/keys", message: "gone" }],
    ]);
  });
});
