import { chmodSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openSqlite } from "../../../src/fleet/store/open-sqlite.js";
import { secureFile } from "../../../src/fleet/store/store-file.js";

describe("secureFile", () => {
  const folder = mkdtempSync(join(tmpdir(), "packdrift-secure-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

  it("removes others' access to a store that they may read, and to the files beside it", async () => {
    const file = join(folder, "read.db");
    const store = await openSqlite(file);
    for (const ending of ["", "-wal", "-shm"]) chmodSync(`${file}${ending}`, 0o644);
    const other = await openSqlite(file);

    expect(["", "-wal", "-shm"].map((ending) => modeOf(`${file}${ending}`))).toEqual(["600", "600", "600"]);
    await other.close();
    await store.close();
  });

  it("creates a store for its owner alone, and leaves the mode of such a store alone", () => {
    const [made, read] = [join(folder, "made.db"), join(folder, "read-only.db")];
    secureFile(made);
    writeFileSync(read, "", { mode: 0o400 });
    secureFile(read);

    expect([modeOf(made), modeOf(read)]).toEqual(["600", "400"]);
  });

  it("refuses a store that others may write, and a link to another file, and changes neither", () => {
    const [open, link] = [join(folder, "open.db"), join(folder, "link.db")];
    writeFileSync(open, "");
    chmodSync(open, 0o664);
    symlinkSync(open, link);

    expect(() => secureFile(open)).toThrow("it may be written by others: its mode is 0664");
    expect(() => secureFile(link)).toThrow("it is not a regular file");
    expect(modeOf(open)).toBe("664");
  });
});
