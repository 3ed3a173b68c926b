import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { crc32 } from "../../../src/base/crc32.js";
import { outboxLines } from "../../../src/commands/doctor/examine-outbox.js";
import { segmentFolder } from "../../../src/outbox/segment-folder.js";
import { someOutbox } from "../../outbox/builders.js";
import { someReport } from "../../report/builders.js";

const NOW = Date.parse("2026-11-29T12:00:00Z");
const MEGABYTE = 2 ** 20;

let work: string;
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), "packdrift-doctor-outbox-"));
  chmodSync(work, 0o700);
});
afterEach(() => rmSync(work, { recursive: true, force: true }));

const linesOf = (outboxMaxBytes = MEGABYTE, folder = work) =>
  Object.fromEntries(outboxLines({ work: folder, outboxMaxBytes, nowMs: NOW }).map(({ id, ...line }) => [id, line]));

/** An outbox with one report that waits. */
function fillOutbox(checkedAt: string): void {
  const { id: _id, epoch: _epoch, sequence: _sequence, ...report } = someReport({ checkedAt });
  someOutbox(segmentFolder(join(work, "outbox")), { checksum: crc32 }).add(report);
}

describe("outboxLines", () => {
  it("counts what waits, reports the oldest, and changes nothing", () => {
    fillOutbox("2026-11-29T11:00:00.000Z");
    const before = readdirSync(join(work, "outbox")).map((name) => readFileSync(join(work, "outbox", name), "latin1"));

    expect(linesOf().outbox).toMatchObject({
      state: "OK",
      found: expect.stringMatching(/^1 waiting, 0 not acknowledged, .*; the oldest from 2026-11-29T11:00:00\.000Z$/),
    });
    const after = readdirSync(join(work, "outbox")).map((name) => readFileSync(join(work, "outbox", name), "latin1"));
    expect(after).toEqual(before);
  });

  it("says that reports which have waited for more than a day are not being sent", () => {
    fillOutbox("2026-11-27T11:00:00.000Z");

    expect(linesOf().outbox).toMatchObject({
      state: "PROBLEM",
      fix: "Reports do not leave this device: see the lines about the nucleus, the policies and the broker",
    });
  });

  it("names damaged files, and what happens to them", () => {
    fillOutbox("2026-11-29T11:00:00.000Z");
    const [name = ""] = readdirSync(join(work, "outbox"));
    writeFileSync(join(work, "outbox", name), "not a record\n".repeat(20));

    expect(linesOf().outbox).toMatchObject({
      state: "PROBLEM",
      found: `damaged: ${name}`,
      fix: expect.stringMatching(/^Nothing has to be repaired: packdrift sets the file aside at its next start/),
    });
  });

  it("names a folder that others may write to, one that is a link, and one that is not there", () => {
    chmodSync(work, 0o777);
    expect(linesOf()["work.folder"]).toMatchObject({ state: "PROBLEM", fix: `chmod 700 ${work}` });
    chmodSync(work, 0o700);

    symlinkSync(tmpdir(), join(work, "outbox"));
    expect(linesOf()["work.folder"]).toMatchObject({
      found: `"${join(work, "outbox")}" is not a folder`,
      fix: expect.stringContaining(`mv ${join(work, "outbox")}`),
    });

    expect(linesOf(MEGABYTE, join(work, "none"))["work.folder"]).toMatchObject({ state: "NOT_TRIED" });
  });

  it("says that the disk has less room than the outbox may take", () => {
    const line = linesOf(Number.MAX_SAFE_INTEGER)["work.space"];

    expect(line?.found).toMatch(/ free; outboxMaxBytes is /);
    expect(line?.fix).toBe(`Free space on the file system of ${work}, or set outboxMaxBytes lower`);
  });
});
