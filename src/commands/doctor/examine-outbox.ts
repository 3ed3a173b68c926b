import * as fs from "node:fs";
import { join } from "node:path";
import { crc32 } from "../../base/crc32.js";
import { codeOf, messageOf } from "../../base/errors.js";
import { isObject } from "../../base/json.js";
import { openJournal, type RecordLocation } from "../../outbox/journal.js";
import { replay } from "../../outbox/replay.js";
import type { SegmentStore } from "../../outbox/segment-store.js";
import { readRegularFile } from "../../platform/safe-files.js";
import { type DoctorLine, linesOf } from "./doctor-line.js";

interface OutboxQuestion {
  /** Null: none was found. */
  readonly work: string | null;
  readonly outboxMaxBytes: number;
  readonly nowMs: number;
}

const OTHERS_MAY_WRITE = 0o022;
const LATE_MS = 86_400_000;

/** The work folder and the reports in it. Writes nothing. */
export function outboxLines(question: OutboxQuestion): readonly DoctorLine[] {
  const { work } = question;
  const folder = linesOf("work.folder", "the work folder's owner and mode");
  if (work === null)
    return [folder.notTried("no work folder was found", "Give --work DIR, the folder in which packdrift runs")];
  const found = folderLine(work);
  if (found.state !== "OK") return [found];
  return [found, spaceLine(question, work), waitingLine(question, join(work, "outbox"))];
}

function folderLine(work: string): DoctorLine {
  const { ok, problem, notTried } = linesOf("work.folder", `the owner and mode of ${work} and its outbox`);
  const owners: string[] = [];
  for (const path of [work, join(work, "outbox")]) {
    const found = fs.lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined && path === work)
      return notTried(`there is no "${path}"`, "Start packdrift once, or give --work DIR");
    if (found === undefined) continue;
    if (!found.isDirectory())
      return problem(
        `"${path}" is not a folder`,
        `Move it away: packdrift makes the folder itself, mv ${path} ${path}.old`,
      );
    const mode = (found.mode & 0o777).toString(8).padStart(4, "0");
    if ((found.mode & OTHERS_MAY_WRITE) !== 0)
      return problem(`"${path}" may be written by others: its mode is ${mode}`, `chmod 700 ${path}`);
    const user = process.geteuid?.() ?? 0;
    if (user !== 0 && found.uid !== user)
      return problem(
        `"${path}" belongs to user ${found.uid}, not to user ${user}`,
        `sudo chown -R ${user} ${path}, or run doctor as the component's user`,
      );
    const written = writeProblem(path, user === 0 || user === found.uid);
    if (written !== null) return problem(...written);
    owners.push(`${path}: user ${found.uid}, mode ${mode}`);
  }
  return ok(owners.join("; "));
}

/** Why a folder cannot be written to, without trying it; null if it can. */
function writeProblem(path: string, isOwner: boolean): [found: string, fix: string] | null {
  try {
    fs.accessSync(path, fs.constants.W_OK);
    return null;
  } catch (error) {
    const code = codeOf(error);
    if (code === "EROFS")
      return [
        `"${path}" is on a file system that is mounted read-only`,
        `Mount it read-write: findmnt -T ${path} shows which it is; a disk with errors is remounted read-only`,
      ];
    return [
      `"${path}" cannot be written to (${code})`,
      isOwner ? `chmod u+rwx ${path}` : "Run doctor as the component's user",
    ];
  }
}

function spaceLine({ outboxMaxBytes }: OutboxQuestion, work: string): DoctorLine {
  const { ok, problem, notTried } = linesOf("work.space", `free space for ${work}`);
  if (typeof fs.statfsSync !== "function") return notTried(`Node.js ${process.version} cannot tell`);
  const { bavail, bsize, ffree } = fs.statfsSync(work);
  const free = bavail * bsize;
  const inodes = ffree > 0 ? "" : ", and no inodes are left";
  if (free >= outboxMaxBytes && ffree > 0) return ok(`${megabytes(free)} free`);
  return problem(
    `${megabytes(free)} free${inodes}; outboxMaxBytes is ${megabytes(outboxMaxBytes)}`,
    `Free space on the file system of ${work}, or set outboxMaxBytes lower`,
  );
}

function waitingLine({ nowMs }: OutboxQuestion, folder: string): DoctorLine {
  const { ok, problem, note } = linesOf("outbox", "reading what waits in the outbox");
  try {
    const { journal, records, unreadable, damagedUpTo } = openJournal(
      readOnlyStore(folder),
      crc32,
      () => 0,
      () => undefined,
    );
    const damaged = fs.existsSync(join(folder, "damaged.log"));
    if (unreadable.length > 0 || damagedUpTo > 0) {
      const names = unreadable.length > 0 ? unreadable.join(", ") : `records up to segment ${damagedUpTo}`;
      return problem(
        `damaged: ${names}`,
        `Nothing has to be repaired: packdrift sets the file aside at its next start and names the lost reports as a gap. Look for the cause: dmesg, and smartctl on the disk of ${folder}`,
      );
    }
    const { reports } = replay(records);
    const waiting = reports.filter(({ sentAt }) => sentAt === null);
    const aside = damaged ? "; an earlier damaged file is set aside as damaged.log" : "";
    const text = `${waiting.length} waiting, ${reports.length - waiting.length} not acknowledged, ${megabytes(journal.bytes)}${aside}`;
    const [first] = waiting;
    const made = first === undefined ? null : madeAt(journal.body(first.location as RecordLocation));
    if (made === null) return damaged ? note(text, `Read ${join(folder, "damaged.log")} and remove it`) : ok(text);
    const age = `${text}; the oldest from ${new Date(made).toISOString()}`;
    if (nowMs - made < LATE_MS) return ok(age);
    return problem(
      age,
      "Reports do not leave this device: see the lines about the nucleus, the policies and the broker",
    );
  } catch (error) {
    return problem(messageOf(error), "Run doctor as the component's user, or as root");
  }
}

function madeAt(body: string | null): number | null {
  try {
    const report: unknown = JSON.parse(body ?? "null");
    const time = isObject(report) && typeof report.checkedAt === "string" ? Date.parse(report.checkedAt) : Number.NaN;
    return Number.isNaN(time) ? null : time;
  } catch {
    return null;
  }
}

/**
 * The outbox's files for reading: methods that would change them throw, which the reader takes for a read-only disk.
 */
function readOnlyStore(folder: string): SegmentStore {
  const refuse = (): never => {
    throw new Error("the doctor changes nothing");
  };
  return {
    list: () => (fs.existsSync(folder) ? fs.readdirSync(folder).sort() : []),
    read: (name, mostBytes) => readRegularFile(join(folder, name), mostBytes),
    readPart(name, from, bytes) {
      const whole = readRegularFile(join(folder, name), from + bytes + MOST_SEGMENT_BYTES);
      return whole !== null && whole.length >= from + bytes ? whole.subarray(from, from + bytes) : null;
    },
    append: refuse,
    cut: refuse,
    rename: refuse,
    remove: refuse,
  };
}

const MOST_SEGMENT_BYTES = 64 * 2 ** 20;

function megabytes(bytes: number): string {
  return bytes < 10 * 2 ** 20 ? `${Math.ceil(bytes / 1_024)} kB` : `${Math.floor(bytes / 2 ** 20)} MB`;
}
