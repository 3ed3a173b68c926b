import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { InvalidInputError } from "../../src/base/errors.js";
import { decodeTar, encodeTar, type TarEntry } from "../../src/platform/tar.js";
import { startCpuTime } from "../cpu-time.js";

const LONG = `${"folder-".repeat(9)}/${"name-".repeat(20)}`;
const ENTRIES: readonly TarEntry[] = [
  { kind: "folder", path: "etc" },
  { kind: "file", path: "etc/os-release", content: Buffer.from("NAME=Ubuntu\n") },
  { kind: "file", path: "empty", content: Buffer.alloc(0) },
  { kind: "file", path: "full-block", content: Buffer.alloc(512, 7) },
  { kind: "file", path: LONG, content: Buffer.from("long") },
  { kind: "file", path: "größe", content: Buffer.from("name beyond ASCII") },
  { kind: "link", path: "lib", target: "usr/lib" },
  { kind: "link", path: "far", target: `/${LONG}` },
];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "packdrift-tar-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const plain = (entries: readonly TarEntry[]) =>
  entries.map((entry) =>
    entry.kind === "file" ? { ...entry, content: Buffer.from(entry.content).toString("hex") } : entry,
  );

describe("tar", () => {
  it("reads back what it has written", () => {
    expect(plain(decodeTar(encodeTar(ENTRIES)))).toEqual(plain(ENTRIES));
  });

  it("writes what GNU tar unpacks", () => {
    writeFileSync(join(folder, "a.tar"), encodeTar(ENTRIES));

    execFileSync("tar", ["-xf", "a.tar"], { cwd: folder });

    expect(readFileSync(join(folder, "etc/os-release"), "utf8")).toBe("NAME=Ubuntu\n");
    expect(readFileSync(join(folder, LONG), "utf8")).toBe("long");
    expect(readFileSync(join(folder, "größe"), "utf8")).toBe("name beyond ASCII");
    expect(readlinkSync(join(folder, "lib"))).toBe("usr/lib");
    expect(readlinkSync(join(folder, "far"))).toBe(`/${LONG}`);
  });

  it.each(["gnu", "pax", "ustar", "v7"])("reads what GNU tar writes in the format %s", (format) => {
    const long = format === "v7" || format === "ustar" ? "short" : LONG;
    mkdirSync(join(folder, "in/etc"), { recursive: true });
    mkdirSync(join(folder, "in", long, ".."), { recursive: true });
    writeFileSync(join(folder, "in/etc/os-release"), "NAME=Ubuntu\n");
    writeFileSync(join(folder, "in", long), "long");
    symlinkSync("etc", join(folder, "in/link"));
    execFileSync("tar", [`--format=${format}`, "-cf", "b.tar", "-C", "in", "."], { cwd: folder });

    const entries = decodeTar(readFileSync(join(folder, "b.tar")));

    expect(plain(entries)).toEqual(
      expect.arrayContaining([
        { kind: "file", path: "etc/os-release", content: Buffer.from("NAME=Ubuntu\n").toString("hex") },
        { kind: "file", path: long, content: Buffer.from("long").toString("hex") },
        { kind: "link", path: "link", target: "etc" },
        { kind: "folder", path: "etc" },
      ]),
    );
  });

  it("leaves out names too long to open, in linear time", () => {
    const long = [`a${"/".repeat(64_000)}x`, "x".repeat(4_097)].map((path) => ({ kind: "folder", path }) as const);
    const archive = encodeTar([...long, ...long, { kind: "link", path: "y", target: "x".repeat(4_097) }, ...ENTRIES]);
    const cpuMs = startCpuTime();

    expect(plain(decodeTar(archive))).toEqual(plain(ENTRIES));
    expect(cpuMs()).toBeLessThan(500);
  });

  it("refuses headers with more records than all members of an archive have", () => {
    // The first member of such an archive is a header of records, with the length and checksum changed.
    const body = Buffer.alloc(12_000_000, "6 a=b\n");
    const header = Buffer.from(encodeTar([{ kind: "file", path: "x", content: body }]));
    header.write("x", 156);
    header.write(" ".repeat(8), 148);
    const sum = header.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);

    expect(() => decodeTar(header)).toThrow("the archive has more than 1000000 pax records");
  });

  it("refuses a damaged archive", () => {
    const bytes = Buffer.from(encodeTar(ENTRIES));
    bytes[3] = 65;

    expect(() => decodeTar(bytes)).toThrow(InvalidInputError);
    expect(() => decodeTar(encodeTar(ENTRIES).subarray(0, 1200))).toThrow("the archive has no end");
    expect(() => decodeTar(encodeTar(ENTRIES).subarray(0, 1030))).toThrow("the archive ends within a member");
    expect(() => decodeTar(Buffer.alloc(512, 120))).toThrow("Cannot read the tar archive at byte 0");
  });

  it("reads any bytes to an end or an InvalidInputError", () => {
    const valid = Buffer.from(encodeTar(ENTRIES));
    fc.assert(
      fc.property(fc.nat(valid.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        const bytes = Buffer.from(valid);
        bytes[at] = byte;
        try {
          decodeTar(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInputError);
        }
      }),
    );
  });
});
