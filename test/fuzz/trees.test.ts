import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { detectFacts } from "../../src/device/detect.js";
import { FACTS_FOLDER, readDropIns } from "../../src/device/drop-ins.js";
import { MOST_BYTES } from "../../src/device/host.js";
import { linuxHost } from "../../src/device/linux-host.js";
import { texts } from "./inputs.js";
import { contentsOf, MACHINES } from "./samples.js";

const RUNS = Math.ceil(Number(process.env.FUZZ_RUNS ?? 20_000) / 100);
const SEED = process.env.FUZZ_SEED;
/** What must never be seen: a file's content and a file's name beside the root. */
const CANARY = "canary-9f3b1c";

/** What stands at a place of a tree. */
type Thing =
  | { readonly kind: "file"; readonly text: string }
  | { readonly kind: "link"; readonly target: string }
  | { readonly kind: "pipe" | "device" | "huge" | "folder" };

const PLACES = [
  ...new Set([
    ...MACHINES.flatMap((tree) => Object.keys(tree)),
    ...[
      "/bin/sh",
      "/etc/ld.so.cache",
      "/usr/bin/ldd",
      "/usr/lib/os-release",
      "/etc/nv_boot_control.conf",
      "/.dockerenv",
    ],
    ...[
      "/usr/local/cuda",
      "/etc/alternatives/cuda",
      "/usr/local/cuda-10.2",
      "/usr/local/cuda-11.4",
      "/usr/lib",
      "/lib",
    ],
    ...[
      "/bin",
      "/etc",
      "/proc",
      "/proc/device-tree",
      "/sys/firmware/devicetree/base",
      "/proc/driver/nvidia/gpus",
      "/dev/null",
    ],
    ...["/sys/bus/pci/devices", "/sys/bus/pci/devices/0000:00:1e.0", "/usr/local/cuda/include/cuda.h", "/usr/include"],
    ...[
      "/usr/lib/aarch64-linux-gnu",
      "/usr/lib/aarch64-linux-gnu/libnvinfer.so.8",
      "/tmp/nv_jetson_model",
      "/greengrass/v2",
    ],
    ...[FACTS_FOLDER, `${FACTS_FOLDER}/a.json`, `${FACTS_FOLDER}/b.json`, "/UNAME.json", "/proc/self/mountinfo"],
  ]),
];

let top = "";
let root = "";
let hasDevice = false;
beforeAll(() => {
  top = fs.mkdtempSync(join(tmpdir(), "packdrift-fuzz-"));
  root = join(top, "root");
  fs.mkdirSync(join(top, "outside", CANARY), { recursive: true });
  fs.writeFileSync(
    join(top, "outside/file"),
    `ID=${CANARY}\n# R32 (release), REVISION: 7.1, ${CANARY}\n0x10de ${CANARY}\n`,
  );
  execFileSync("mkfifo", [join(top, "pipe")]);
  // Beyond what may be loaded, and like every kind of file in its first bytes as little as possible.
  fs.writeFileSync(join(top, "huge"), "ID=huge\n");
  fs.truncateSync(join(top, "huge"), MOST_BYTES + 1);
  try {
    execFileSync("mknod", [join(top, "device"), "c", "1", "5"], { stdio: "ignore" });
    hasDevice = true;
  } catch {
    // Only root can make devices; links to /dev/zero are met all the same.
  }
});
afterAll(() => fs.rmSync(top, { recursive: true, force: true }));

const target = fc.oneof(
  fc.constantFrom(...PLACES),
  fc.constantFrom(
    ...["/", ".", "..", "../../..", "../".repeat(30), "/dev/zero", "/dev/random", "/proc/self/environ", "loop"],
  ),
  // Where the canary really is, and what leads there from any depth.
  fc.constantFrom("OUTSIDE/file", "OUTSIDE", "UP/outside/file", "UP/outside"),
);
const thing: fc.Arbitrary<Thing> = fc.oneof(
  {
    weight: 3,
    arbitrary: texts(contentsOf("/version", "release", "/compatible")).map((text) => ({ kind: "file", text }) as const),
  },
  { weight: 4, arbitrary: target.map((to) => ({ kind: "link", target: to }) as const) },
  { weight: 2, arbitrary: fc.constantFrom({ kind: "pipe" }, { kind: "device" }, { kind: "huge" }, { kind: "folder" }) },
);
const changes = fc.array(fc.tuple(fc.constantFrom(...PLACES), thing), { minLength: 1, maxLength: 25 });

describe("a machine's files", () => {
  it("are read inside the root alone, and only regular ones, whatever is there", { timeout: 3_600_000 }, () => {
    const looked = watch();
    const from = performance.now();
    try {
      fc.assert(
        fc.property(fc.constantFrom(...MACHINES), changes, (machine, broken) => {
          plant(machine, broken);
          looked.begin();
          const host = linuxHost(root);
          const dropIns = readDropIns(host);
          const seen: unknown[] = [dropIns, detectFacts(host, dropIns.declared)];
          for (const [path] of broken) {
            for (const place of [path, `${path}/file`, `${path}/..`, `${path}/../../outside/file`]) {
              const pieces: string[] = [];
              seen.push(host.text(place), host.head(place, 300), host.list(place), host.link(place).state);
              seen.push(
                host.scan(place, 1_000_000, (piece) => pieces.push(piece)),
                pieces.slice(0, 2),
              );
              seen.push(host.kind(place), host.denied(place, "read"), host.resolve(place).state);
            }
          }
          looked.end();
          expect(JSON.stringify(seen)).not.toContain(CANARY);
        }),
        { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) },
      );
    } finally {
      looked.stop();
    }
    expect(looked.opened).toBeGreaterThan(RUNS);
    if (process.env.FUZZ_RUNS !== undefined) {
      const seconds = ((performance.now() - from) / 1000).toFixed(1);
      console.log(`trees: ${RUNS} in ${seconds} s, ${looked.opened} files opened${hasDevice ? "" : ", no devices"}`);
    }
  });

  it("are not opened when links of the running machine lead to devices and pipes", () => {
    fs.rmSync(root, { recursive: true, force: true });
    fs.mkdirSync(root);
    fs.symlinkSync("/dev/zero", join(root, "zero"));
    fs.symlinkSync(join(top, "pipe"), join(root, "pipe"));
    const looked = watch();
    try {
      looked.begin();
      const host = linuxHost("/");
      expect(host.text(join(root, "zero"))).toEqual({ state: "unreadable", why: "is a character device, not a file" });
      expect(host.head(join(root, "pipe"), 10)).toEqual({ state: "unreadable", why: "is a pipe, not a file" });
      looked.end();
    } finally {
      looked.stop();
    }
    expect(looked.opened).toBe(0);
  });
});

/** Makes the tree on the disk: the machine's own files, then what is to be met. What cannot stand there is left out. */
function plant(machine: (typeof MACHINES)[number], broken: readonly (readonly [path: string, thing: Thing])[]): void {
  fs.rmSync(root, { recursive: true, force: true });
  fs.mkdirSync(root);
  for (const [path, thing] of broken) attempt(() => put(join(root, path), thing));
  // A few of the machine's files are enough to go on from.
  for (const [path, entry] of Object.entries(machine).slice(0, 12)) {
    attempt(() => put(join(root, path), { kind: "file", text: String(entry).slice(0, 3_000) }));
  }
}

function put(place: string, thing: Thing): void {
  // A folder that is a link by now would lead the test itself out of the tree.
  makeFolder(dirname(place));
  if (thing.kind === "file") fs.writeFileSync(place, thing.text, { encoding: "latin1", flag: "wx" });
  else if (thing.kind === "folder") fs.mkdirSync(place);
  else if (thing.kind === "link") {
    const to = thing.target.replace("OUTSIDE", join(top, "outside")).replace("UP", "../".repeat(12).concat(top));
    fs.symlinkSync(to, place);
  } else if (thing.kind === "device" && !hasDevice) fs.symlinkSync("/dev/zero", place);
  else fs.linkSync(join(top, thing.kind), place);
}

function makeFolder(folder: string): void {
  if (folder === root) return;
  makeFolder(dirname(folder));
  const stat = fs.lstatSync(folder, { throwIfNoEntry: false });
  if (stat === undefined) fs.mkdirSync(folder);
  else if (!stat.isDirectory()) throw new Error("no folder");
}

function attempt(make: () => void): void {
  try {
    make();
  } catch {
    // Something else stands there already.
  }
}

/** Watches what is opened and read between `begin` and `end`: only regular files inside the root, large ones only in part. */
function watch() {
  let active = false;
  let opened = 0;
  const wrong: string[] = [];
  const sizes = new Map<number, { readonly path: string; readonly huge: boolean; read: number }>();
  const { openSync, readSync } = fs;
  const open = vi.spyOn(fs, "openSync").mockImplementation((path, flags, mode) => {
    const fd = openSync(path, flags, mode);
    if (!active) return fd;
    opened += 1;
    const stat = fs.fstatSync(fd);
    if (!stat.isFile()) wrong.push(`opened ${path}, which is no file`);
    if (!fs.realpathSync(path).startsWith(`${root}/`)) wrong.push(`opened ${path}, which is outside`);
    sizes.set(fd, { path: String(path), huge: stat.size > MOST_BYTES, read: 0 });
    return fd;
  });
  const read = vi.spyOn(fs, "readSync").mockImplementation(((...args: Parameters<typeof readSync>) => {
    const count = readSync(...args);
    const file = active ? sizes.get(args[0]) : undefined;
    if (file) {
      file.read += count;
      // dpkg's state is read in pieces, however long it is.
      const most = file.path.endsWith("/var/lib/dpkg/status") ? Number.POSITIVE_INFINITY : 256 * 1024;
      if (file.huge && file.read > most) wrong.push(`read ${file.read} bytes of ${file.path}`);
    }
    return count;
  }) as typeof readSync);
  return {
    get opened() {
      return opened;
    },
    begin() {
      active = true;
      wrong.length = 0;
    },
    end() {
      active = false;
      expect(wrong).toEqual([]);
    },
    stop() {
      open.mockRestore();
      read.mockRestore();
    },
  };
}
